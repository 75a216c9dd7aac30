package dev.chatkeep.postgres;

import org.jspecify.annotations.Nullable;

/// The embedded PostgreSQL cannot be started. The message is meant for the person who started the program: it says
/// what is wrong, what to do about it, and, where the server had something to say, ends with the tail of its log.
public final class EmbeddedPostgresException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String summary;

    EmbeddedPostgresException(String message) {
        this(message, message, null);
    }

    EmbeddedPostgresException(String message, Throwable cause) {
        this(message, message, cause);
    }

    /// @param summary the message without the tail of the log
    EmbeddedPostgresException(String summary, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.summary = summary;
    }

    /// The message in one line, without what the server said.
    String summary() {
        return summary;
    }
}
