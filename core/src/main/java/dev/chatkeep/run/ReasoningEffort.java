package dev.chatkeep.run;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/// How hard a reasoning model is asked to think.
public enum ReasoningEffort {
    LOW,
    MEDIUM,
    HIGH;

    /// The word on the wire.
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
