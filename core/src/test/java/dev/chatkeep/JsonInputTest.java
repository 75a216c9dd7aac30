package dev.chatkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonInputTest {

    private static String read(String json) {
        return JsonInput.read("body", json.getBytes(StandardCharsets.UTF_8)).toString();
    }

    private static void assertRefused(String json, String field) {
        assertRefused(json.getBytes(StandardCharsets.UTF_8), field);
    }

    private static void assertRefused(byte[] json, String field) {
        assertThatExceptionOfType(ChatkeepException.Invalid.class)
                .isThrownBy(() -> JsonInput.read("body", json))
                .satisfies(invalid -> assertThat(invalid.field().orElse("none")).startsWith(field));
    }

    @Nested
    class Depth {

        @Test
        void ofSixtyFourIsReadAndOneMoreIsRefused() {
            assertThat(read("[".repeat(64) + "]".repeat(64))).hasSize(128);
            assertRefused("[".repeat(65) + "]".repeat(65), "body");
            assertThat(read("{\"a\":".repeat(64) + "1" + "}".repeat(64))).contains("1");
            assertRefused("{\"a\":".repeat(65) + "1" + "}".repeat(65), "body");
        }

        @Test
        void withoutEndIsRefusedBeforeTheStackIsSpent() {
            assertRefused("[".repeat(1_000_000), "body");
        }
    }

    @Nested
    class Numbers {

        @ParameterizedTest
        @ValueSource(
                strings = {"0", "-1", "9007199254740993", "0.1", "12345678901234567890.123456789", "1E+300", "1E-300"})
        void areKeptExactly(String number) {
            assertThat(read(number)).isEqualTo(number);
        }

        @Test
        void ofThreeHundredAndFiftyDigitsAreTheLongest() {
            assertThat(read("9".repeat(350))).hasSize(350);
            assertRefused("9".repeat(351), "body");
            assertRefused("[0,{\"a\":1E+350}]", "body[1].a");
            assertRefused("[1e-351]", "body[0]");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "1e400",
                    "-1e400",
                    "1e2147483647",
                    "1e-2147483648",
                    "1e99999999999999999999",
                    "NaN",
                    "Infinity",
                    "-Infinity",
                    "01",
                    "1.",
                    ".5",
                    "+1",
                    "0x10"
                })
        void thatNoProgramCouldReadBackAreRefused(String number) {
            assertRefused("[" + number + "]", "body");
        }
    }

    @Nested
    class Text {

        @Test
        void withNulIsMadeStorableInKeysAndValues() {
            assertThat(read("{\"a\\u0000\":[\"\\u0000b\"]}")).isEqualTo("{\"a\ufffd\":[\"\ufffdb\"]}");
        }

        @Test
        void withAWholePairStays() {
            assertThat(read("\"\\ud83d\\udc4b\"")).isEqualTo("\"\ud83d\udc4b\"");
        }

        @Test
        void withAWholePairInAKeyStaysHoweverItIsWritten() {
            assertThat(read("{\"\ud83d\udc4b\":1}")).isEqualTo("{\"\ud83d\udc4b\":1}");
            assertThat(read("{\"\\ud83d\\udc4b\":1}")).isEqualTo("{\"\ud83d\udc4b\":1}");
        }

        @Test
        void withHalfAPairIsRefusedNamingWhereItStands() {
            assertRefused("{\"parts\":[1,{\"text\":\"a\\ud83d\"}]}", "body.parts[1].text");
            assertRefused("[\"\\udc4b\\ud83d\"]", "body[0]");
        }

        @Test
        void withHalfAPairInAKeyIsRefused() {
            assertRefused("{\"parts\":[{\"\\ud83d\":1}]}", "body");
            assertRefused("{\"parts\":[{\"\\udc4b\":1}]}", "body");
        }

        /// The half pair in three bytes, a start byte without its rest, a byte that starts nothing, Latin-1.
        @ParameterizedTest
        @ValueSource(
                strings = {
                    "22eda0bd22",
                    "22eda0bdedb18b22",
                    "22e6bc22",
                    "22ff22",
                    "22e422",
                    "22c3",
                    "22c0af22",
                    "22c1a122",
                    "22e0819122",
                    "22f080818122",
                    "22f490808022",
                    "fffe7b007d00",
                    "7b007d00",
                    "007b007d",
                    "0000007b0000007d",
                    "7b0000007d000000"
                })
        void thatIsNotUtf8IsRefused(String hex) {
            assertRefused(HexFormat.of().parseHex(hex), "body");
        }

        @Test
        void isReadWithoutItsFieldWhenTheWholeInputHasNoName() {
            assertThatExceptionOfType(ChatkeepException.Invalid.class)
                    .isThrownBy(
                            () -> JsonInput.read("", "{\"a\":{\"b\":\"\\ud83d\"}}".getBytes(StandardCharsets.UTF_8)))
                    .satisfies(invalid -> assertThat(invalid.field()).contains("a.b"));
            assertThatExceptionOfType(ChatkeepException.Invalid.class)
                    .isThrownBy(() -> JsonInput.read("", "{".getBytes(StandardCharsets.UTF_8)))
                    .satisfies(invalid -> {
                        assertThat(invalid.field()).isEmpty();
                        assertThat(invalid.code()).isEqualTo("malformed_json");
                    });
        }
    }

    @Nested
    class Size {

        @Test
        void ofManyTokensIsRead() {
            String brackets = "[" + "{},".repeat(100_000) + "{}]";

            assertThat(read(brackets)).isEqualTo(brackets);
        }

        @ParameterizedTest
        @ValueSource(strings = {"{},", "1,", "[],", "\"\","})
        void ofMoreTokensThanTheLimitIsRefused(String item) {
            assertRefused("[" + item.repeat(JsonInput.MAX_TOKENS) + "1]", "body");
        }
    }

    @Nested
    class Form {

        @ParameterizedTest
        @ValueSource(strings = {"{}", "[]", "\"\"", "null", "true", " [1,2] \n"})
        void ofAnyOneValueIsRead(String json) {
            assertThat(read(json)).isEqualTo(json.strip());
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"{} {}", "{}x", "[1]]", "1 2", "{", "[1,]", "{'a':1}", "{a:1}", "// c\n1", "\"a\nb\"", "nul"
                })
        void ofAnythingElseIsRefused(String json) {
            assertRefused(json, "body");
        }

        @ParameterizedTest
        @ValueSource(strings = {"", " ", "\n\t"})
        void withoutAnyValueIsRefused(String nothing) {
            assertRefused(nothing, "body");
        }

        /// As in a browser and in PostgreSQL's jsonb; keys that only NUL told apart are the same key.
        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {"{'a':1,'b':2,'a':3}|{'a':3,'b':2}", "{'a\\u0000':1,'a\ufffd':2}|{'a\ufffd':2}"})
        void withAKeyTwiceKeepsTheLastValue(String json, String kept) {
            assertThat(read(json.replace('\'', '"'))).isEqualTo(kept.replace('\'', '"'));
        }
    }
}
