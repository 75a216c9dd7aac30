package dev.chatkeep.web;

import dev.chatkeep.web.Body.TooLongException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/// Inflates a gzip body (RFC 1952, one member or several), bounded three ways: by the bytes that come, by the bytes
/// they become, and by the ratio of both, so that a small body cannot cost the work of a large one. The JDK's
/// `GZIPInputStream` takes what follows a member for another one, or for nothing, by how the bytes happen to arrive.
final class GzipInput extends InputStream {

    /// Text and JSON stay far below it.
    static final int MAX_RATIO = 100;

    /// Up to so many bytes any ratio is fine.
    private static final int RATIO_FREE = 1 << 20;

    private static final int DEFLATE = 8;
    private static final int HEADER_CRC = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int RESERVED = 0xe0;

    private final InputStream in;
    private final long most;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 crc = new CRC32();
    private final byte[] buffer = new byte[1 << 13];
    private int at;
    private int end;
    private long taken;
    private long inflated;
    private boolean isInMember;
    private boolean isOver;

    /// @param most bytes, before and after
    GzipInput(InputStream in, long most) {
        this.in = in;
        this.most = most;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int count) throws IOException {
        while (count > 0 && !isOver) {
            if (!isInMember) {
                beginMember();
            } else if (inflater.finished()) {
                endMember();
            } else {
                int some = inflate(target, offset, count);
                if (some > 0) {
                    return some;
                }
            }
        }
        return isOver ? -1 : 0;
    }

    private int inflate(byte[] target, int offset, int count) throws IOException {
        try {
            if (inflater.needsInput()) {
                if (at == end) {
                    fill();
                }
                inflater.setInput(buffer, at, end - at);
                at = end;
            }
            int some = inflater.inflate(target, offset, count);
            if (some == 0 && inflater.needsDictionary()) {
                throw new ZipException("a dictionary is needed");
            }
            crc.update(target, offset, some);
            inflated += some;
            checkSize();
            return some;
        } catch (DataFormatException damaged) {
            ZipException refusal = new ZipException("damaged");
            refusal.initCause(damaged);
            throw refusal;
        }
    }

    private void checkSize() throws IOException {
        if (inflated > most) {
            throw TooLongException.above(most);
        }
        if (inflated > RATIO_FREE && inflated / MAX_RATIO > taken) {
            throw new TooLongException("The body inflates to more than " + MAX_RATIO + " times its size.");
        }
    }

    /// There may be another member, or nothing.
    private void beginMember() throws IOException {
        if (at == end && !canFill()) {
            if (taken == 0) {
                throw new EOFException();
            }
            isOver = true;
            return;
        }
        if (next() != 0x1f || next() != 0x8b || next() != DEFLATE) {
            throw new ZipException("no gzip");
        }
        int flags = next();
        if ((flags & RESERVED) != 0) {
            throw new ZipException("unknown flags");
        }
        skip(6);
        if ((flags & EXTRA) != 0) {
            skip(next() | next() << 8);
        }
        skipText((flags & NAME) != 0);
        skipText((flags & COMMENT) != 0);
        skip((flags & HEADER_CRC) == 0 ? 0 : 2);
        isInMember = true;
    }

    private void endMember() throws IOException {
        at = end - inflater.getRemaining();
        if (nextInt() != crc.getValue() || nextInt() != (inflater.getBytesWritten() & 0xffffffffL)) {
            throw new ZipException("another checksum or length");
        }
        inflater.reset();
        crc.reset();
        isInMember = false;
    }

    private void skip(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            next();
        }
    }

    private void skipText(boolean isThere) throws IOException {
        while (isThere && next() != 0) {
            // up to its NUL
        }
    }

    private long nextInt() throws IOException {
        return next() | next() << 8 | next() << 16 | (long) next() << 24;
    }

    private int next() throws IOException {
        if (at == end) {
            fill();
        }
        return buffer[at++] & 0xff;
    }

    private void fill() throws IOException {
        if (!canFill()) {
            throw new EOFException("cut off");
        }
    }

    private boolean canFill() throws IOException {
        int count = in.read(buffer, 0, buffer.length);
        at = 0;
        end = Math.max(count, 0);
        taken += end;
        if (taken > most) {
            throw TooLongException.above(most);
        }
        return count > 0;
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        in.close();
    }
}
