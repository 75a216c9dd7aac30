package dev.chatkeep.postgres;

/// The embedded PostgreSQL cannot be started. The message is meant for the person who started the program: it says
/// what is wrong, what to do about it, and, where the server had something to say, ends with the tail of its log.
public final class EmbeddedPostgresException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    EmbeddedPostgresException(String message) {
        super(message);
    }

    EmbeddedPostgresException(String message, Throwable cause) {
        super(message, cause);
    }
}
