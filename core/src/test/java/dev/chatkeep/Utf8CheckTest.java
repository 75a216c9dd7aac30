package dev.chatkeep;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Utf8CheckTest {

    /// The JDK's own decoder is as strict; it only takes NUL.
    private static boolean isUtf8(byte[] bytes) {
        for (byte b : bytes) {
            if (b == 0) {
                return false;
            }
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException malformed) {
            return false;
        }
    }

    private static boolean inPieces(byte[] bytes, int size) {
        Utf8Check check = new Utf8Check();
        for (int i = 0; i < bytes.length; i += size) {
            if (!check.accepts(bytes, i, Math.min(size, bytes.length - i))) {
                return false;
            }
        }
        return check.isComplete();
    }

    private static void assertSame(byte[] bytes) {
        boolean expected = isUtf8(bytes);
        assertThat(Utf8Check.isWhole(bytes)).as("%s", bytes).isEqualTo(expected);
        for (int size = 1; size <= 9; size++) {
            assertThat(inPieces(bytes, size))
                    .as("%s in pieces of %s", bytes, size)
                    .isEqualTo(expected);
        }
    }

    private static final int[] EDGES = {0x00, 0x61, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xff};

    @Test
    void itIsOfOneMindWithTheDecoderOverEverySequence() {
        List<String> wrong = new ArrayList<>();
        for (int first = 0; first < 0x100; first++) {
            for (int second = 0; second < 0x100; second++) {
                for (int third : EDGES) {
                    byte[] four = {(byte) first, (byte) second, (byte) third, (byte) 0x80};
                    for (int length = 3; length <= 4; length++) {
                        byte[] bytes = Arrays.copyOf(four, length);
                        if (Utf8Check.isWhole(bytes) != isUtf8(bytes)) {
                            wrong.add(HexFormat.of().formatHex(bytes));
                        }
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void itAcceptsEveryCharacterAndNoneCutOff() {
        for (int c = 1; c <= Character.MAX_CODE_POINT; c += c < 0x3000 ? 1 : 97) {
            byte[] bytes = Character.toString(c).getBytes(StandardCharsets.UTF_8);
            boolean isCharacter = c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE;
            assertThat(Utf8Check.isWhole(bytes)).isTrue();
            if (isCharacter && bytes.length > 1) {
                assertThat(Utf8Check.isWhole(Arrays.copyOf(bytes, bytes.length - 1)))
                        .isFalse();
            }
        }
    }

    @Test
    void itIsOfOneMindWithTheDecoderOverRandomBytes() {
        Random random = new Random(7);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = new byte[random.nextInt(24)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = switch (random.nextInt(4)) {
                    case 0 -> (byte) EDGES[random.nextInt(EDGES.length)];
                    case 1 -> (byte) 0xe5;
                    case 2 -> (byte) 0x80;
                    default -> 'a';
                };
            }
            assertSame(bytes);
        }
    }

    @Test
    void utf16AndUtf32AreRefused() {
        for (String name : new String[] {"UTF-16BE", "UTF-16LE", "UTF-16", "UTF-32BE", "UTF-32LE", "UTF-32"}) {
            assertThat(Utf8Check.isWhole("{\"id\":\"a\"}".getBytes(Charset.forName(name))))
                    .as(name)
                    .isFalse();
        }
    }
}
