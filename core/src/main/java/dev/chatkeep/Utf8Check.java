package dev.chatkeep;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Checks, piece by piece, that bytes are UTF-8 in the one form that all programs read alike (RFC 3629): no overlong
/// form, no half of a surrogate pair, nothing above U+10FFFF, nothing cut off. NUL is refused too: JSON has none, and
/// JSON in UTF-16 or UTF-32 is full of it. Not thread-safe.
public final class Utf8Check {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

    private int missing;
    private int least;
    private int most;

    /// Whether these bytes are UTF-8.
    public static boolean isWhole(byte[] bytes) {
        Utf8Check check = new Utf8Check();
        return check.accepts(bytes, 0, bytes.length) && check.isComplete();
    }

    /// Whether the bytes go on with UTF-8. After a refusal the answers mean nothing any more.
    public boolean accepts(byte[] bytes, int offset, int count) {
        int end = offset + count;
        for (int i = offset; i < end; ) {
            if (missing == 0 && i + Long.BYTES <= end && isAscii((long) LONG.get(bytes, i))) {
                i += Long.BYTES;
            } else if (!accepts(bytes[i++] & 0xff)) {
                return false;
            }
        }
        return true;
    }

    /// Whether no sequence is cut off.
    public boolean isComplete() {
        return missing == 0;
    }

    /// Whether eight bytes are ASCII, and none is NUL.
    private static boolean isAscii(long bytes) {
        return ((bytes | (bytes - ONES)) & HIGHS) == 0;
    }

    private boolean accepts(int b) {
        if (missing == 0) {
            return begins(b);
        }
        boolean fits = b >= least && b <= most;
        missing--;
        least = 0x80;
        most = 0xbf;
        return fits;
    }

    private boolean begins(int b) {
        missing = b < 0x80 ? 0 : b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3;
        least = b == 0xe0 ? 0xa0 : b == 0xf0 ? 0x90 : 0x80;
        most = b == 0xed ? 0x9f : b == 0xf4 ? 0x8f : 0xbf;
        return b > 0 && (b < 0x80 || (b >= 0xc2 && b <= 0xf4));
    }
}
