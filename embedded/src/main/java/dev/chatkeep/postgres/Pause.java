package dev.chatkeep.postgres;

/// The step of a loop that waits for another process.
final class Pause {
    private static final long MILLIS = 20;

    private Pause() {}

    /// @throws EmbeddedPostgresException if this thread is told to stop waiting
    static void brief() {
        try {
            Thread.sleep(MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedPostgresException("The start of PostgreSQL was interrupted.", e);
        }
    }
}
