package dev.chatkeep;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;

/// Where a page ended: the key of its last row. On the wire it is one opaque word.
///
/// @param rank how well the row fits what was searched; 0 where nothing was
public record Cursor(int rank, Instant time, String id) {

    /// No row is as late; PostgreSQL has no such time.
    private static final Instant END_OF_TIME = Instant.parse("9999-01-01T00:00:00Z");

    /// @throws ChatkeepException.Invalid naming `cursor` for a time or an id that no row has
    public Cursor {
        if (time.isBefore(Instant.EPOCH) || time.isAfter(END_OF_TIME)) {
            throw invalid(null);
        }
        TextInput.check("cursor", id);
    }

    /// The opaque form.
    public String encode() {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString((rank + " " + time + " " + id).getBytes(StandardCharsets.UTF_8));
    }

    /// Reads what [#encode] wrote.
    ///
    /// @throws ChatkeepException.Invalid naming `cursor` for anything else
    public static Cursor decode(String text) {
        try {
            String[] key = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8).split(" ", 3);
            if (key.length == 3) {
                Instant time = Instant.parse(key[1]);
                if (time.isAfter(Instant.EPOCH) && time.isBefore(END_OF_TIME)) {
                    return new Cursor(Integer.parseInt(key[0]), time, Ids.check("cursor", key[2]));
                }
            }
        } catch (IllegalArgumentException | DateTimeParseException unreadable) {
            throw invalid(unreadable);
        }
        throw invalid(null);
    }

    private static ChatkeepException.Invalid invalid(@org.jspecify.annotations.Nullable Throwable cause) {
        var invalid =
                ChatkeepException.Invalid.field("cursor", "Not a cursor of this list: use nextCursor as it came.");
        if (cause != null) {
            invalid.initCause(cause);
        }
        return invalid;
    }
}
