package dev.chatkeep.message;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/// Who speaks in a message.
public enum Role {
    USER,
    ASSISTANT,
    SYSTEM;

    /// The word on the wire and in the row.
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Role of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
