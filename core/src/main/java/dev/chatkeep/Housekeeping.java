package dev.chatkeep;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Does a chore again and again, on a thread of its own, until closed. A chore that fails is tried again next time.
final class Housekeeping implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);

    private final Thread thread;

    Housekeeping(String name, Duration every, Runnable chore) {
        this.thread = Thread.ofVirtual().name(name).start(() -> {
            try {
                while (true) {
                    Thread.sleep(every);
                    attempt(name, chore);
                }
            } catch (InterruptedException closed) {
                LOG.debug("{} ends", name);
            }
        });
    }

    private static void attempt(String name, Runnable chore) {
        try {
            chore.run();
        } catch (RuntimeException failure) {
            LOG.warn("{} failed and is tried again later: {}", name, failure.getMessage());
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
