package dev.chatkeep.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ToldArgumentsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\":1} | {\"a\":1}",
                "a\\n\\\\b | a\\n\\\\b",
                "a\\ | a",
                "a\\u | a",
                "a\\u00e | a",
                "a\\u00e9 | a\\u00e9",
                "a\\ud83d | a",
                "a\\ud83d\\ude0 | a",
                "a\\ud83d\\ude00 | a\\ud83d\\ude00",
                "a\\ud83dx | a",
                "a\\ude00\\ud83d | a",
                "a\\ud83d\\u0041 | a",
                "a\\x | a",
                "a\\u12\" | a",
                "[12 | [",
                "[12, | [12,",
                "[-1.5e3] | [-1.5e3]",
                "[1e400] | [",
                "[01] | [",
                "[1-2] | [",
                "\"12\\u003 | \"12"
            })
    void endBeforeAnEscapeOrNumberThatIsNotWhole(String said, String told) {
        assertThat(new ToldArguments().next(said)).isEqualTo(told);
    }

    @Test
    void endForGoodAtWhatIsNoEscape() {
        ToldArguments arguments = new ToldArguments();

        assertThat(arguments.next("{\"a\":\"\\x")).isEqualTo("{\"a\":\"");
        assertThat(arguments.next("more\"}")).isEmpty();
    }

    @Test
    void endWhereTheyAreTooDeepToBeStored() {
        String deep = "[".repeat(100);

        assertThat(new ToldArguments().next(deep)).isEqualTo("[".repeat(64));
        assertThat(new ToldArguments().next("[\"" + deep + "\"]")).isEqualTo("[\"" + deep + "\"]");
        assertThat(new ToldArguments().next("[]".repeat(100))).isEqualTo("[]".repeat(100));
    }

    @Test
    void endBeforeANumberThatIsTooLongToBeStored() {
        ToldArguments arguments = new ToldArguments();
        String told = arguments.next("[");
        for (int i = 0; i < 1000; i++) {
            told += arguments.next("1");
        }
        assertThat(told + arguments.next("]")).isEqualTo("[");
    }

    @Test
    void areTheSameWhereverTheyAreCut() {
        String text = "{\"n\":[-12.5e3,0],\"a\":\"\\n\\\\ \\u00e9 \\ud83d\\ude00 \\\"\"}";
        for (int first = 0; first <= text.length(); first++) {
            for (int second = first; second <= text.length(); second++) {
                ToldArguments arguments = new ToldArguments();
                assertThat(arguments.next(text.substring(0, first))
                                + arguments.next(text.substring(first, second))
                                + arguments.next(text.substring(second)))
                        .isEqualTo(text);
            }
        }
    }
}
