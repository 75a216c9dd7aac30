package dev.chatkeep.run;

import dev.chatkeep.deadline.Deadline;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What one answer says, chunk by chunk and numbered from 1, for any number of readers, each at its own pace.
///
/// One thread writes; it never waits for a reader. The newest chunks are in memory, and whatever is not yet in
/// the database; a reader that fell behind them reads on from there. A reader holds a position and nothing
/// else, so a slow one costs no memory.
public final class ReplyLog {

    /// More than this many bytes of chunks are not kept when they are in the database.
    static final int WINDOW_BYTES = 256 << 10;

    /// As many bytes of chunks are written to the database at once; a single longer chunk is.
    static final int BATCH_BYTES = 256 << 10;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition more = lock.newCondition();
    private final List<byte[]> window = new ArrayList<>();
    private final Backlog backlog;
    private int first = 1;
    private int flushed;
    private int windowBytes;
    private int pendingBytes;
    private boolean isStalled;
    private boolean closed;

    /// Where chunks are that are no longer in memory.
    @FunctionalInterface
    interface Backlog {
        /// Some or all of the chunks behind number `after`, in order; none when they are gone for good.
        List<byte[]> behind(int after);
    }

    ReplyLog(Backlog backlog) {
        this.backlog = backlog;
    }

    /// The only reader of a finished log of these events, which is all in memory.
    static Reader of(List<RunEvent> events) {
        ReplyLog log = new ReplyLog(after -> List.of());
        events.forEach(log::append);
        log.close();
        Reader reader = log.reader();
        reader.ownBytes = log.windowBytes;
        return reader;
    }

    void append(RunEvent event) {
        append(event.toJson().getBytes(StandardCharsets.UTF_8));
    }

    void append(byte[] chunk) {
        lock.lock();
        try {
            window.add(chunk);
            windowBytes += chunk.length;
            pendingBytes += chunk.length;
            more.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Chunks that are not in the database yet, one a line.
    ///
    /// @param last the number of the last one
    /// @param isAll whether there are no others
    record Pending(int last, String lines, boolean isAll) {

        int bytes() {
            return lines.length();
        }
    }

    /// What is not in the database yet, about [#BATCH_BYTES] of it; null when all is.
    @Nullable
    Pending pending() {
        lock.lock();
        try {
            if (flushed == last()) {
                return null;
            }
            var lines = new StringBuilder();
            int number = flushed;
            while (number < last() && (lines.isEmpty() || lines.length() < BATCH_BYTES)) {
                byte[] chunk = window.get(++number - first);
                lines.append(lines.isEmpty() ? "" : "\n").append(new String(chunk, StandardCharsets.UTF_8));
            }
            return new Pending(number, lines.toString(), number == last());
        } finally {
            lock.unlock();
        }
    }

    /// Waits while more than `bytes` are not in the database yet, so that a model which speaks faster than the
    /// database writes does not fill the memory. It goes on when nothing was written for `patience`, and does
    /// not wait again until something is: an answer goes on when the database does not.
    void awaitRoom(int bytes, Duration patience) throws InterruptedException {
        lock.lock();
        try {
            int seen = flushed;
            long left = patience.toNanos();
            while (pendingBytes > bytes && !isStalled && !closed) {
                left = more.awaitNanos(left);
                if (flushed > seen) {
                    seen = flushed;
                    left = patience.toNanos();
                } else if (left <= 0) {
                    isStalled = true;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /// Everything up to number `last` is in the database now.
    void flushed(int last) {
        lock.lock();
        try {
            for (int number = Math.max(flushed + 1, first); number <= last; number++) {
                pendingBytes -= window.get(number - first).length;
            }
            flushed = Math.max(flushed, last);
            isStalled = false;
            more.signalAll();
            int dropped = 0;
            while (windowBytes > WINDOW_BYTES && first + dropped <= flushed) {
                windowBytes -= window.get(dropped++).length;
            }
            window.subList(0, dropped).clear();
            first += dropped;
        } finally {
            lock.unlock();
        }
    }

    /// How many bytes of chunks there are behind this one; of those in memory, the least it can be.
    long bytesBehind(int number) {
        lock.lock();
        try {
            return window.subList(Math.clamp(number + 1 - first, 0, window.size()), window.size()).stream()
                    .mapToLong(chunk -> chunk.length)
                    .sum();
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

    /// Lets readers see that their time is over.
    private void wake() {
        lock.lock();
        try {
            more.signalAll();
        } finally {
            lock.unlock();
        }
    }

    int last() {
        lock.lock();
        try {
            return first + window.size() - 1;
        } finally {
            lock.unlock();
        }
    }

    /// A reader that starts at the first chunk. Not thread-safe in itself.
    Reader reader() {
        return new Reader(List.of(), 0, () -> {});
    }

    /// A reader that reads `replay` first, which says what the chunks up to number `position` have said, and
    /// then goes on behind those.
    ///
    /// @param onRead is called whenever it looks for more
    Reader reader(List<byte[]> replay, int position, Runnable onRead) {
        return new Reader(replay, position, onRead);
    }

    /// What a reader finds.
    public sealed interface Next {
        /// One or more chunks of JSON in UTF-8, in order.
        record Chunks(List<byte[]> json) implements Next {}

        /// Nothing came within the time it waited.
        record Silence() implements Next {}

        /// All was read.
        record End() implements Next {}

        /// It is so far behind that what comes next is gone.
        record Lost() implements Next {}
    }

    /// One pass over an answer. Belongs to one thread.
    public final class Reader {
        private List<byte[]> replay;
        private int position;

        private final Runnable onRead;
        private long ownBytes;

        private Reader(List<byte[]> replay, int position, Runnable onRead) {
            this.replay = replay;
            this.position = position;
            this.onRead = onRead;
        }

        /// How much of the memory it takes for itself alone: nothing, where others read the same answer as it
        /// is written.
        public long ownBytes() {
            return ownBytes;
        }

        /// Waits up to `patience` for what comes next and returns all that is there, or a part of it.
        public Next next(Duration patience) throws InterruptedException {
            onRead.run();
            if (!replay.isEmpty()) {
                List<byte[]> told = replay;
                replay = List.of();
                return new Next.Chunks(told);
            }
            Next next = null;
            while (next == null) {
                // Chunks may leave the memory while it waits for more.
                next = isBehind() ? fromBacklog() : fromMemory(patience);
            }
            return next;
        }

        private boolean isBehind() {
            lock.lock();
            try {
                return position + 1 < first;
            } finally {
                lock.unlock();
            }
        }

        private Next fromBacklog() {
            List<byte[]> chunks = backlog.behind(position);
            position += chunks.size();
            return chunks.isEmpty() ? new Next.Lost() : new Next.Chunks(chunks);
        }

        /// Null when what comes next is no longer there. Where the memory follows the database, on a node that
        /// does not write the answer, a reader may be ahead of it.
        private @Nullable Next fromMemory(Duration patience) throws InterruptedException {
            lock.lock();
            try {
                if (!awaitMore(patience)) {
                    return new Next.Silence();
                }
                if (position + 1 < first) {
                    return null;
                }
                if (position >= last()) {
                    return new Next.End();
                }
                List<byte[]> batch = List.copyOf(window.subList(position + 1 - first, window.size()));
                position = last();
                return new Next.Chunks(batch);
            } finally {
                lock.unlock();
            }
        }

        /// With the lock held. False when nothing came in time.
        private boolean awaitMore(Duration patience) throws InterruptedException {
            if (position < last() || closed) {
                return true;
            }
            long from = System.nanoTime();
            try (Deadline _ = Deadline.in(patience, ReplyLog.this::wake)) {
                while (position >= last() && !closed) {
                    if (System.nanoTime() - from >= patience.toNanos()) {
                        return false;
                    }
                    more.await();
                }
            }
            return true;
        }
    }
}
