package dev.chatkeep.postgres;

/// The step of a loop that waits for another process.
final class Pause {
    private static final long MILLIS = 20;

    private Pause() {}

    /// @throws EmbeddedPostgresException if this thread is told to stop waiting
    static void brief() {
        if (!tryBrief()) {
            throw new EmbeddedPostgresException("The start of PostgreSQL was interrupted.");
        }
    }

    /// False, and the thread stays interrupted, if this thread is told to stop waiting.
    static boolean tryBrief() {
        try {
            Thread.sleep(MILLIS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
