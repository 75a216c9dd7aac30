package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Unavailable;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// How much of the heap the bodies of all requests may take at once: an eighth while they are read, and a quarter for
/// what their JSON becomes. Whoever finds too little waits a moment, and is then refused with 503. Thread-safe.
///
/// Bytes are taken as they come, so a request that only announces a large body takes nothing. Many bodies that grow
/// at once could each wait for the others: one of them at a time may go on without taking any, so that one is always
/// read to its end. What JSON becomes is taken at once, by an estimate, and that never waits for a body.
final class BodyBudget {

    static final BodyBudget HEAP = new BodyBudget(Runtime.getRuntime().maxMemory());

    /// What a request may take without asking: most do not need more.
    static final int FREE = 1 << 16;

    private static final Duration MAX_WAIT = Duration.ofSeconds(2);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);
    private static final int UNIT = 1 << 10;
    private static final int STEP = 64;

    private final Semaphore reading;
    private final Semaphore parsing;
    private final Semaphore unbounded = new Semaphore(1);
    private final int parsingUnits;

    /// @param heap in bytes
    BodyBudget(long heap) {
        this.reading = new Semaphore(units(heap / 8), true);
        this.parsingUnits = units(heap / 4);
        this.parsing = new Semaphore(parsingUnits, true);
    }

    private static int units(long bytes) {
        return Math.toIntExact((bytes + UNIT - 1) / UNIT);
    }

    /// What one body takes. Not thread-safe.
    final class Lease implements AutoCloseable {

        private int read;
        private int parsed;
        private boolean isUnbounded;

        /// Takes so much for the body as it is read, or gives back what is too much.
        ///
        /// @throws Unavailable when there is too little for too long
        void holdRead(long bytes) {
            int needed = bytes <= FREE ? 0 : units(bytes - FREE);
            if (needed < read) {
                reading.release(read - needed);
                read = needed;
            } else if (needed > read && !isUnbounded) {
                grow(Math.max(needed - read, STEP));
            }
        }

        private void grow(int units) {
            if (reading.tryAcquire(units)) {
                read += units;
            } else if (unbounded.tryAcquire()) {
                isUnbounded = true;
            } else {
                await(reading, units);
                read += units;
            }
        }

        /// Takes so much for what the body's JSON becomes; all there is, when that is more.
        ///
        /// @throws Unavailable when there is too little for too long
        void holdParsed(long bytes) {
            int needed = bytes <= FREE ? 0 : (int) Math.min(parsingUnits, (bytes + UNIT - 1) / UNIT);
            if (needed > parsed) {
                await(parsing, needed - parsed);
                parsed = needed;
            }
        }

        /// Gives everything back. May be called more than once.
        @Override
        public void close() {
            reading.release(read);
            parsing.release(parsed);
            unbounded.release(isUnbounded ? 1 : 0);
            read = 0;
            parsed = 0;
            isUnbounded = false;
        }
    }

    private static void await(Semaphore semaphore, int units) {
        try {
            if (semaphore.tryAcquire(units, MAX_WAIT.toNanos(), TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        throw new Unavailable("busy", "The server is reading too many large bodies. Try again.", RETRY_AFTER);
    }
}
