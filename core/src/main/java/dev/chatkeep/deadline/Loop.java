package dev.chatkeep.deadline;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A thread that does the same step again and again until it is closed. Nothing that a step throws ends it, an
/// [OutOfMemoryError] neither: what it looks after would stand still, and nobody would know.
public final class Loop implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Loop.class);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);
    private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(2);

    private final String name;
    private final Step step;
    private final Thread thread;
    private volatile boolean closed;

    /// What is done again and again.
    @FunctionalInterface
    public interface Step {

        /// @return how long to rest before the next one
        Duration run() throws InterruptedException;
    }

    private Loop(String name, Duration delay, Step step) {
        this.name = name;
        this.step = step;
        this.thread = Thread.ofVirtual().name("chatkeep-" + name).unstarted(() -> live(delay));
    }

    /// Starts a loop.
    ///
    /// @param name of its thread, behind `chatkeep-`
    /// @param delay before the first step
    public static Loop start(String name, Duration delay, Step step) {
        Loop loop = new Loop(name, delay, step);
        loop.thread.start();
        return loop;
    }

    private void live(Duration delay) {
        Duration rest = delay;
        while (!closed) {
            LockSupport.parkNanos(this, rest.toNanos());
            rest = closed ? rest : attempt();
        }
    }

    private Duration attempt() {
        try {
            return step.run();
        } catch (InterruptedException stopped) {
            closed = true;
            return Duration.ZERO;
        } catch (Throwable failure) {
            report(failure);
            return PAUSE_AFTER_FAILURE;
        }
    }

    private void report(Throwable failure) {
        try {
            LOG.error("{} failed and goes on", name, failure);
        } catch (Throwable unreported) {
            // There is no memory left to say so; others may give some back.
            LockSupport.parkNanos(this, PAUSE_AFTER_FAILURE.toNanos());
        }
    }

    /// Ends the rest, if it rests.
    public void wake() {
        LockSupport.unpark(thread);
    }

    /// Takes no more steps. The one that is under way goes on.
    public void stop() {
        closed = true;
        wake();
    }

    /// Takes no more steps, and waits for the one that is under way. One that takes longer than two seconds is
    /// interrupted.
    @Override
    public void close() {
        stop();
        try {
            if (!thread.join(JOIN_TIMEOUT)) {
                thread.interrupt();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
