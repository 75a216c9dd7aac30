package dev.chatkeep.deadline;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A time at which a wait is to end, unless it has ended before. One thread looks after all of them, and sees each up
/// to a tenth of a second late.
///
/// A timed wait of a virtual thread wakes the JVM's timer thread twice, once to set the timer and once to take it back
/// (JDK 25). For the wait for the next token, which is short and very frequent, that is a good part of what a token
/// costs. So the wait is untimed, and this is beside it.
public final class Deadline implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Deadline.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(100);
    private static final Set<Deadline> WATCHED = ConcurrentHashMap.newKeySet();

    static {
        Thread.ofPlatform().daemon().name("chatkeep-deadlines").start(Deadline::watch);
    }

    private final long at;
    private final Runnable onPassed;

    private Deadline(long at, Runnable onPassed) {
        this.at = at;
        this.onPassed = onPassed;
    }

    /// @param onPassed ends the wait; called once, on another thread, unless this is closed before. It may
    ///     come a moment after the closing
    public static Deadline in(Duration patience, Runnable onPassed) {
        Deadline deadline = new Deadline(System.nanoTime() + patience.toNanos(), onPassed);
        WATCHED.add(deadline);
        return deadline;
    }

    @Override
    public void close() {
        WATCHED.remove(this);
    }

    private static void watch() {
        while (true) {
            LockSupport.parkNanos(LOOK_EVERY.toNanos());
            long now = System.nanoTime();
            WATCHED.removeIf(deadline -> deadline.hasPassed(now));
        }
    }

    private boolean hasPassed(long now) {
        if (now - at < 0) {
            return false;
        }
        pass();
        return true;
    }

    private void pass() {
        try {
            onPassed.run();
        } catch (RuntimeException | Error failure) {
            LOG.error("a wait could not be ended", failure);
        }
    }
}
