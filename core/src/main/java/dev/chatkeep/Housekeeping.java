package dev.chatkeep;

import dev.chatkeep.deadline.Loop;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A chore that is done every so often until it is closed. A failure is logged, and does not end it.
final class Housekeeping implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);

    private final Loop loop;

    Housekeeping(String name, Duration every, Runnable chore) {
        this.loop = Loop.start(name, every, () -> {
            attempt(name, chore);
            return every;
        });
    }

    private static void attempt(String name, Runnable chore) {
        try {
            chore.run();
        } catch (RuntimeException failure) {
            LOG.warn("{} failed and is tried again later: {}", name, failure.getMessage());
        }
    }

    /// Does it no more.
    void stop() {
        loop.stop();
    }

    /// Does it no more, and waits until it is not being done.
    @Override
    public void close() {
        loop.close();
    }
}
