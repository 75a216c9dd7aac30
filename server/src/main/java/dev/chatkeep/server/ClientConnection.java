package dev.chatkeep.server;

import dev.chatkeep.web.RequestClock;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/// A connection, and the moment by which what it does now has to be done. The thread that serves it moves that
/// moment; the watch of [ClientConnections] ends what is late. A request costs a few volatile writes here and no lock.
///
/// Who is late finds the end of the input where more should come: that is safe from any thread, and Tomcat handles it
/// as when the client had closed, on the thread that it serves the connection with. A request that is read right then
/// can still be answered, with 408. Whoever does not take the answer either is cut off a little later.
final class ClientConnection implements RequestClock {

    private static final long NEVER = Long.MAX_VALUE;
    private static final long MAX_GRACE = Duration.ofSeconds(5).toNanos();
    private static final long START = System.nanoTime();

    private final SocketChannel channel;
    private final String network;
    private final ConnectionLimits limits;
    private final AtomicLong due;
    private volatile boolean isLate;
    private volatile boolean isSignedIn;
    /// These are the serving thread's.
    private boolean hasBegun;
    private boolean isExchange;
    private boolean hasBody;
    private long headAt;

    ClientConnection(SocketChannel channel, String network, ConnectionLimits limits) {
        this.channel = channel;
        this.network = network;
        this.limits = limits;
        this.due = new AtomicLong(after(now(), limits.requestTimeout()));
    }

    String network() {
        return network;
    }

    private static long now() {
        return System.nanoTime() - START;
    }

    private static long after(long moment, Duration duration) {
        return moment + duration.toNanos();
    }

    /// The head of a request is there.
    void headRead(boolean bodyFollows) {
        isExchange = true;
        hasBody = bodyFollows;
        headAt = now();
        due.set(after(headAt, limits.requestTimeout()));
    }

    @Override
    public void signedIn() {
        isSignedIn = true;
        due.set(hasBody ? after(headAt, limits.bodyTimeout()) : NEVER);
    }

    @Override
    public void bodyRead() {
        hasBody = false;
        if (isSignedIn) {
            due.set(NEVER);
        }
    }

    @Override
    public boolean isLate() {
        return isLate;
    }

    /// The connection waits for the rest of a head, or for the next request.
    ///
    /// @param begun whether a part of the head is there
    void waits(boolean begun) {
        hasBegun = begun;
        if (isExchange) {
            isExchange = false;
            isSignedIn = false;
            due.set(after(now(), limits.requestTimeout()));
        }
    }

    /// Whether it is late with a head that it began, which nobody answered.
    boolean isLateWithHead() {
        return isLate && hasBegun && !isExchange;
    }

    /// Ends its input if it is late, and cuts it off if it was late before. An answer to someone who is signed in is
    /// never cut off.
    void check() throws IOException {
        long now = now();
        long moment = due.get();
        if (now < moment) {
            return;
        }
        if (!isLate) {
            long grace = Math.min(MAX_GRACE, limits.requestTimeout().toNanos() / 4);
            if (due.compareAndSet(moment, now + grace)) {
                isLate = true;
                channel.shutdownInput();
            }
        } else if (!isSignedIn && due.compareAndSet(moment, NEVER)) {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            channel.shutdownOutput();
        }
    }
}
