package dev.chatkeep.run;

import java.util.Locale;

/// Why a model stopped, in the words every version of the AI SDK knows.
public enum FinishReason {
    STOP,
    LENGTH,
    CONTENT_FILTER,
    TOOL_CALLS,
    ERROR,
    OTHER;

    /// The word on the wire, such as `tool-calls`.
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
