package dev.chatkeep.message;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/// How far a message, and the run that writes it, has come. Only `STREAMING` is not final.
public enum Status {
    STREAMING,
    COMPLETE,
    /// Ended by its reader; what had been said is kept.
    STOPPED,
    /// Its server died or was shut down; what had been said is kept.
    INTERRUPTED,
    /// The model failed; what had been said is kept.
    FAILED;

    /// The word on the wire and in the row.
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Status of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
