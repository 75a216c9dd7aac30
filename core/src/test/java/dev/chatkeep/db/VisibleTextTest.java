package dev.chatkeep.db;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VisibleTextTest {

    /// Code points in hex.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "20", "9", "A0", "3000", "2028", "0", "7", "85", "200B", "200C", "200D", "200E", "200F", "202A", "202E",
                "2060", "2061", "2066", "2069", "206F", "FEFF", "AD", "34F", "61C", "115F", "1160", "17B4", "180B",
                "180E", "180F", "3164", "FFA0", "FE00", "FE0F", "FFF0", "FFF9", "2800", "301", "20E3", "E31", "903",
                "1BCA0", "1D159", "1D173", "E0001", "E0020", "E0067", "E007F", "E0100", "E01EF", "E0FFF"
            })
    void whatHasNoShapeIsNotSeenHoweverOftenAndWithWhatever(String hex) {
        String text = Character.toString(Integer.parseInt(hex, 16));

        assertThat(VisibleText.isVisible(text)).isFalse();
        assertThat(VisibleText.isVisible(text.repeat(9_000))).isFalse();
        assertThat(VisibleText.isVisible(" \u200b" + text + "\u0301\ufe0f ")).isFalse();
        assertThat(VisibleText.isVisible(text + "x")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "7",
                "?",
                "\u00e9",
                "\u0628",
                "\u0e17",
                "\u6f22",
                "\u1100",
                "\u2764\ufe0f",
                "\ud83d\ude00",
                "\u2801",
                "\ue000",
                "\ufffd",
                "\ufffc",
                "\ud83c\udff4\udb40\udc67\udb40\udc62\udb40\udc65\udb40\udc6e\udb40\udc67\udb40\udc7f"
            })
    void whatHasOneIsSeen(String text) {
        assertThat(VisibleText.isVisible(text)).isTrue();
    }

    @Test
    void nothingIsNotSeen() {
        assertThat(VisibleText.isVisible("")).isFalse();
    }

    /// Those of the property that the JDK's own Cf does not have, and those of Cf that the property does not have.
    @Test
    void theIgnorableAreThoseOfUnicode() {
        assertThat("\u034f\u115f\u1160\u17b4\u180b\u2065\u3164\ufe0f\uffa0\ufff8\udb40\udfff\u00ad\ufeff")
                .matches("(?:" + VisibleText.IGNORABLE + ")+");
        assertThat("\u0600\u06dd\u070f\u08e2\ufff9a\u0301 ").matches("[^" + VisibleText.IGNORABLE + "]+");
    }
}
