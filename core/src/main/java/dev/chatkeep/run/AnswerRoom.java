package dev.chatkeep.run;

import java.util.concurrent.atomic.AtomicLong;

/// How much the answers that are being written on this node may hold: each of them, and all together, in bytes
/// of their parts as JSON. A provider that never ends must not take the memory of everybody else. Thread-safe.
final class AnswerRoom {

    /// What an answer may always hold, however full the node is.
    static final long SMALL = 256 << 10;

    private static final long STEP = 64 << 10;
    private static final int CONTROL_BYTES = 6;

    /// Of a character beyond the first 2,048. Each half of a pair counts, which is 2 bytes too much.
    private static final int WIDE_BYTES = 3;

    private final long perAnswer;
    private final long together;
    private final AtomicLong taken = new AtomicLong();

    /// @param perAnswer the most of one answer
    /// @param together the most of all of them, small ones aside
    AnswerRoom(long perAnswer, long together) {
        this.perAnswer = perAnswer;
        this.together = together;
    }

    /// For an answer that begins.
    Share open() {
        return new Share();
    }

    /// What one answer holds. Belongs to the thread that writes it; closing it gives the room back.
    final class Share implements AutoCloseable {

        private long held;
        private long reserved;

        /// Takes room for more; false when there is none.
        boolean take(long bytes) {
            if (held + bytes > perAnswer || !reserve(held + bytes - SMALL)) {
                return false;
            }
            held += bytes;
            return true;
        }

        private boolean reserve(long needed) {
            if (needed <= reserved) {
                return true;
            }
            long more = Math.max(STEP, needed - reserved);
            if (taken.addAndGet(more) > together) {
                taken.addAndGet(-more);
                return false;
            }
            reserved += more;
            return true;
        }

        boolean isSmall() {
            return held <= SMALL;
        }

        @Override
        public void close() {
            taken.addAndGet(-reserved);
            reserved = 0;
        }
    }

    /// The bytes of this text within a JSON string.
    static long bytes(String text) {
        long bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            bytes += c < 0x20 ? CONTROL_BYTES : c == '"' || c == '\\' ? 2 : c < 0x80 ? 1 : c < 0x800 ? 2 : WIDE_BYTES;
        }
        return bytes;
    }
}
