package dev.chatkeep.chat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TitlesTest {

    private static final String ELLIPSIS = "\u2026";

    private static String title(String text) {
        return Titles.of(text).orElseThrow();
    }

    @Nested
    class Fifty {

        /// A family, e with a combining accent, a flag, a skin tone, a keycap, a heart as an emoji, Thai with a
        /// vowel and a tone above, Arabic with a vowel sign, Korean in letters, a Han character beyond the
        /// first plane.
        @ParameterizedTest
        @ValueSource(
                strings = {
                    "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67\u200d\ud83d\udc66",
                    "e\u0301",
                    "\ud83c\udde9\ud83c\uddea",
                    "\ud83d\udc4d\ud83c\udffd",
                    "1\ufe0f\u20e3",
                    "\u2764\ufe0f",
                    "\u0e17\u0e35\u0e48",
                    "\u0628\u064e",
                    "\u1100\u1161\u11a8",
                    "\ud840\udc00",
                    "\u6f22",
                    "x"
                })
        void charactersAsAReaderCountsThemStayWholeAndOneMoreIsCutOff(String grapheme) {
            assertThat(title(grapheme.repeat(50))).isEqualTo(grapheme.repeat(50));
            assertThat(title(grapheme.repeat(51))).isEqualTo(grapheme.repeat(50) + ELLIPSIS);
            assertThat(title(grapheme.repeat(5_000))).isEqualTo(grapheme.repeat(50) + ELLIPSIS);
        }

        @Test
        void areCountedAfterTheSpacesAroundAreGone() {
            assertThat(title("  \n" + "x".repeat(50) + "  ")).isEqualTo("x".repeat(50));
        }

        @Test
        void charactersInScriptsWithoutSpacesAreCutAnywhere() {
            String thai = "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01".repeat(9);
            String chinese = "\u4f60\u597d\u4e16\u754c".repeat(20);
            assertThat(title(thai)).endsWith(ELLIPSIS).hasSizeGreaterThan(50);
            assertThat(thai).startsWith(title(thai).replace(ELLIPSIS, ""));
            assertThat(title(chinese)).isEqualTo(chinese.substring(0, 50) + ELLIPSIS);
        }

        /// One character may carry any number of marks, and a list of chats carries all the titles.
        @Test
        void charactersOfAnyLengthStillMakeAShortTitle() {
            assertThat(title("a" + "\u0301".repeat(100_000))).hasSizeLessThan(4_096);
        }
    }

    @Nested
    class Words {

        @Test
        void areNotCutWhenOneEndsInTheLastTwoFifths() {
            assertThat(title("a".repeat(40) + " " + "b".repeat(30))).isEqualTo("a".repeat(40) + ELLIPSIS);
            assertThat(title("a".repeat(30) + " " + "b".repeat(30))).isEqualTo("a".repeat(30) + ELLIPSIS);
        }

        @Test
        void areCutWhenTooLittleWouldBeLeft() {
            String text = "a".repeat(29) + " " + "b".repeat(70);
            assertThat(title(text)).isEqualTo(text.substring(0, 50) + ELLIPSIS);
        }

        @Test
        void areAllKeptWhenTheLastEndsRightAtTheCut() {
            assertThat(title("a".repeat(35) + " " + "b".repeat(14) + " c"))
                    .isEqualTo("a".repeat(35) + " " + "b".repeat(14) + ELLIPSIS);
        }

        @Test
        void haveNoSpaceBeforeTheEllipsis() {
            assertThat(title("a".repeat(49) + " " + "b".repeat(9))).isEqualTo("a".repeat(49) + ELLIPSIS);
        }

        /// The share that a cut may throw away is counted in graphemes as well, not in chars.
        @Test
        void ofEmojiAreMeasuredInGraphemes() {
            String wave = "\ud83d\udc4b\ud83c\udffd";
            assertThat(title(wave.repeat(35) + " " + wave.repeat(35))).isEqualTo(wave.repeat(35) + ELLIPSIS);
            assertThat(title(wave.repeat(20) + " " + wave.repeat(35)))
                    .isEqualTo(wave.repeat(20) + " " + wave.repeat(29) + ELLIPSIS);
        }
    }

    @Nested
    class Spaces {

        @Test
        void andControlCharactersAreFoldedIntoOneSpace() {
            assertThat(title(" a\t\r\n b\u00a0\u3000c\u2028d\u0000e\u001b\u0085f "))
                    .isEqualTo("a b c d e f");
        }

        @ParameterizedTest
        @ValueSource(strings = {"", " ", "\t\r\n", "\u00a0\u2003\u3000\u2029", "\u0000\u0007"})
        void aloneAreNoTitle(String blank) {
            assertThat(Titles.of(blank)).isEmpty();
        }
    }
}
