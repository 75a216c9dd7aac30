package dev.chatkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CursorTest {

    private static final Instant TIME = Instant.parse("2026-03-04T05:06:07.890Z");

    @ParameterizedTest
    @ValueSource(strings = {"2026-03-04T05:06:07.890Z", "2026-03-04T05:06:07Z", "2026-03-04T05:06:00Z"})
    void itIsReadBackAsItWasWritten(String time) {
        Cursor cursor = new Cursor(2, Instant.parse(time), "a_-Z9");
        assertThat(Cursor.decode(cursor.encode())).isEqualTo(cursor);
    }

    @Test
    void itNeedsNoEscapingInAUrl() {
        for (int i = 0; i < 100; i++) {
            assertThat(new Cursor(0, TIME.plusMillis(i * 7_777L), Ids.make()).encode())
                    .matches("[A-Za-z0-9_-]+");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "!", "a", "abc", "YWJj", "%00", "\u00e4", "0000-00", "2026-03-04T05:06:07Z a"})
    void garbageIsRefusedNamingTheCursor(String garbage) {
        assertRefused(garbage);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-03-04T05:06:07Z",
                "2026-03-04T05:06:07Z ",
                " abc",
                "2026-03-04 abc",
                "2026-02-30T05:06:07Z abc",
                "2026-03-04T05:06:07Z a b",
                "2026-03-04T05:06:07Z a\nb",
                "2026-03-04T05:06:07Z a\u0000",
                "2026-03-04T05:06:07Z aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            })
    void whatIsWrittenLikeACursorButHoldsNoneIsRefused(String content) {
        assertRefused(encoded(content));
    }

    /// It would become an error of the database, which looks like the server's fault.
    @ParameterizedTest
    @ValueSource(
            strings = {"+1000000000-12-31T23:59:59.999999999Z", "-1000000000-01-01T00:00:00Z", "+294277-01-01T00:00:00Z"
            })
    void aTimeThatNoRowCanHaveIsRefused(String time) {
        assertRefused(encoded(time + " abc"));
    }

    private static String encoded(String content) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(content.getBytes(StandardCharsets.UTF_8));
    }

    private static void assertRefused(String text) {
        assertThatExceptionOfType(ChatkeepException.Invalid.class)
                .isThrownBy(() -> Cursor.decode(text))
                .satisfies(invalid -> assertThat(invalid.field()).contains("cursor"));
    }
}
