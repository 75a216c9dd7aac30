package dev.chatkeep.db;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CleanTextTest {

    private static final String WAVE = "\ud83d\udc4b";
    private static final String HIGH = WAVE.substring(0, 1);
    private static final String LOW = WAVE.substring(1);

    @Nested
    class Whole {

        @Test
        void cleanTextIsTheSameObject() {
            String text = "a " + WAVE + " \u6f22\n\t\u0001\ufffe";
            assertThat(CleanText.of(text)).isSameAs(text);
            assertThat(CleanText.of("")).isEmpty();
        }

        @Test
        void nulAndHalvesBecomeTheReplacementCharacterAndPairsStay() {
            assertThat(CleanText.of("a\u0000b")).isEqualTo("a\ufffdb");
            assertThat(CleanText.of(HIGH)).isEqualTo("\ufffd");
            assertThat(CleanText.of(LOW)).isEqualTo("\ufffd");
            assertThat(CleanText.of(LOW + HIGH)).isEqualTo("\ufffd\ufffd");
            assertThat(CleanText.of(HIGH + WAVE + LOW)).isEqualTo("\ufffd" + WAVE + "\ufffd");
            assertThat(CleanText.of("\u0000" + WAVE)).isEqualTo("\ufffd" + WAVE);
        }

        @Test
        void onlyAHalfIsALoneSurrogate() {
            assertThat(CleanText.hasLoneSurrogate("a" + WAVE + WAVE)).isFalse();
            assertThat(CleanText.hasLoneSurrogate(WAVE + LOW)).isTrue();
            assertThat(CleanText.hasLoneSurrogate(HIGH + HIGH + LOW)).isTrue();
            assertThat(CleanText.hasLoneSurrogate("a" + HIGH)).isTrue();
        }
    }

    @Nested
    class Pieces {

        private final CleanText clean = new CleanText();

        @Test
        void aPairSplitOverTwoPiecesIsJoined() {
            assertThat(clean.next("a" + HIGH)).isEqualTo("a");
            assertThat(clean.next(LOW + "b")).isEqualTo(WAVE + "b");
        }

        @Test
        void aPairIsJoinedOverAnEmptyPiece() {
            assertThat(clean.next(HIGH)).isEmpty();
            assertThat(clean.next("")).isEmpty();
            assertThat(clean.next(LOW)).isEqualTo(WAVE);
            assertThat(clean.next("")).isEmpty();
        }

        @Test
        void aHalfThatNothingCompletesIsReplaced() {
            assertThat(clean.next(HIGH)).isEmpty();
            assertThat(clean.next("b")).isEqualTo("\ufffdb");
            assertThat(clean.next(LOW)).isEqualTo("\ufffd");
        }

        @Test
        void oneOfTwoHalvesIsReplacedAndTheOtherWaits() {
            assertThat(clean.next(HIGH + HIGH)).isEqualTo("\ufffd");
            assertThat(clean.next(LOW)).isEqualTo(WAVE);
        }

        /// However a text is cut, the pieces make the whole.
        @ParameterizedTest
        @ValueSource(ints = {1, 2, 3, 5, 7})
        void piecesMakeTheSameTextAsTheWhole(int size) {
            String text = ("a" + WAVE + "\u0000" + LOW + WAVE + HIGH + "\u6f22").repeat(5);
            StringBuilder pieces = new StringBuilder();
            for (int i = 0; i < text.length(); i += size) {
                pieces.append(clean.next(text.substring(i, Math.min(text.length(), i + size))));
            }
            assertThat(pieces.toString()).isEqualTo(CleanText.of(text));
        }
    }
}
