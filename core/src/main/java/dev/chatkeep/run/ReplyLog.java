package dev.chatkeep.run;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// What one answer has said so far, kept in memory for any number of readers, each at its own pace.
///
/// One thread writes; it never waits for a reader. A reader holds a position and nothing else, so a slow one costs
/// no memory, and one that comes late reads the whole answer from its start.
public final class ReplyLog {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition more = lock.newCondition();
    private final List<byte[]> chunks = new ArrayList<>();
    private boolean closed;

    /// A finished log of these events.
    static ReplyLog of(List<RunEvent> events) {
        ReplyLog log = new ReplyLog();
        events.forEach(log::append);
        log.close();
        return log;
    }

    void append(RunEvent event) {
        byte[] chunk = event.toJson().getBytes(StandardCharsets.UTF_8);
        lock.lock();
        try {
            chunks.add(chunk);
            more.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Nothing more will come.
    void close() {
        lock.lock();
        try {
            closed = true;
            more.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// A reader that starts at the first chunk. Not thread-safe in itself.
    public Reader reader() {
        return new Reader();
    }

    /// What a reader finds: chunks, or that there were none within the time it waited, or that it has read them
    /// all.
    public sealed interface Next {
        /// One or more chunks of JSON in UTF-8, in order.
        record Chunks(List<byte[]> json) implements Next {}

        record Silence() implements Next {}

        record End() implements Next {}
    }

    public final class Reader {
        private int position;

        /// Waits up to `patience` for what comes next and returns all of it.
        public Next next(Duration patience) throws InterruptedException {
            long nanos = patience.toNanos();
            lock.lock();
            try {
                while (position == chunks.size() && !closed) {
                    if (nanos <= 0) {
                        return new Next.Silence();
                    }
                    nanos = more.awaitNanos(nanos);
                }
                if (position == chunks.size()) {
                    return new Next.End();
                }
                List<byte[]> batch = List.copyOf(chunks.subList(position, chunks.size()));
                position = chunks.size();
                return new Next.Chunks(batch);
            } finally {
                lock.unlock();
            }
        }
    }
}
