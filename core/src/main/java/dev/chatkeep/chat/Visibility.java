package dev.chatkeep.chat;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/// Whom a chat is meant for. `public` is stored and grants nothing by itself.
public enum Visibility {
    PUBLIC,
    PRIVATE;

    /// The word on the wire and in the row.
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Visibility of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
