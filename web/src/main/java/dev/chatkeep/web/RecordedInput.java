package dev.chatkeep.web;

import dev.chatkeep.Utf8Check;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Input that remembers what was read since a mark, in bounded memory: the parser in front of it reads ahead,
/// and says afterwards which bytes were the interesting ones. What is passed over has to be UTF-8 like the rest.
final class RecordedInput extends FilterInputStream {

    private static final int READ_AHEAD = 1 << 16;

    private final long limit;
    private final int most;
    private final BodyBudget.Lease lease;
    private final Utf8Check utf8 = new Utf8Check();
    private long more;
    private long kept;
    private byte[] bytes = new byte[READ_AHEAD];
    private long start;
    private int length;
    private boolean marked;
    private boolean overflowed;

    /// @param limit how many bytes are read at all
    /// @param most how many bytes are remembered from a mark on
    /// @param lease what remembering takes is held by it
    RecordedInput(InputStream in, long limit, int most, BodyBudget.Lease lease) {
        super(in);
        this.limit = limit;
        this.most = most;
        this.lease = lease;
    }

    /// Remembers from this offset on, which lies in what was read last.
    void mark(long offset) {
        int drop = Math.toIntExact(offset - start);
        System.arraycopy(bytes, drop, bytes, 0, length - drop);
        start = offset;
        length -= drop;
        marked = true;
        overflowed = false;
    }

    /// What was read from the mark up to this offset, and forgets the mark; null when that is too much.
    byte @Nullable [] recorded(long end) {
        marked = false;
        long size = end - start;
        return overflowed || size > most ? null : Arrays.copyOf(bytes, Math.toIntExact(size));
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int count) throws IOException {
        int read = super.read(target, offset, Math.min(count, READ_AHEAD));
        if (read < 0 ? !utf8.isComplete() : !utf8.accepts(target, offset, read)) {
            throw new Body.NotUtf8Exception();
        }
        if (read > 0) {
            remember(target, offset, read);
            if (start + length > limit) {
                throw Body.TooLongException.above(limit);
            }
        }
        return read;
    }

    private void remember(byte[] source, int offset, int count) {
        overflowed |= marked && length + count > most + READ_AHEAD;
        if (!marked || overflowed) {
            start += length;
            length = 0;
            shrink();
        }
        if (length + count > bytes.length) {
            resize(Math.max(length + count, Math.min(2 * bytes.length, most + 2 * READ_AHEAD)));
        }
        System.arraycopy(source, offset, bytes, length, count);
        length += count;
    }

    private void shrink() {
        if (bytes.length > READ_AHEAD) {
            resize(READ_AHEAD);
        }
    }

    private void resize(int size) {
        hold(size);
        bytes = Arrays.copyOf(bytes, size);
    }

    /// Holds this much more than what is remembered.
    void holdMore(int count) {
        if (count > 0) {
            more += count;
            hold(bytes.length);
        }
    }

    /// Holds what was recorded and is still kept, instead of what was kept before.
    void holdKept(long count) {
        kept = count;
        hold(bytes.length);
    }

    /// While the memory grows and is copied out, there are two of it.
    private void hold(int size) {
        lease.holdRead(2L * (size - READ_AHEAD) + more + kept);
    }
}
