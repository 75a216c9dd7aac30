package dev.chatkeep.message;

import dev.chatkeep.ChatkeepException.Invalid;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// Where a page of messages ended: the place of its last one, which never changes. On the wire it is one opaque
/// word.
public record MessageCursor(int pos) {

    /// The opaque form.
    public String encode() {
        byte[] key = ("m" + pos).getBytes(StandardCharsets.US_ASCII);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(key);
    }

    /// Reads what [#encode] wrote.
    ///
    /// @throws Invalid naming `field` for anything else
    public static MessageCursor decode(String field, String text) {
        try {
            String key = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.US_ASCII);
            if (key.startsWith("m")) {
                return new MessageCursor(Integer.parseInt(key.substring(1)));
            }
        } catch (IllegalArgumentException unreadable) {
            Invalid invalid = invalid(field);
            invalid.initCause(unreadable);
            throw invalid;
        }
        throw invalid(field);
    }

    private static Invalid invalid(String field) {
        return Invalid.field(field, "Not a cursor of this list: use nextCursor as it came.");
    }
}
