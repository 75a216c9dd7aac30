package dev.chatkeep.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// A connection that says one byte now and then, as one does that only wants to hold it.
final class SlowClient implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final long PACE_MILLIS = 50;

    private final ScheduledExecutorService pace = Executors.newSingleThreadScheduledExecutor();
    private final Socket socket = new Socket();

    SlowClient(TestServer server) throws IOException {
        this(server, 1 << 16);
    }

    /// @param window how many bytes are taken before they are read
    SlowClient(TestServer server, int window) throws IOException {
        socket.setReceiveBufferSize(window);
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.connect(new InetSocketAddress(
                InetAddress.getLoopbackAddress(), RawHttp.of(server).port()));
    }

    /// Sends this at once.
    SlowClient send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    /// Goes on with this one, over and over, a character at a time until the server hangs up.
    SlowClient drip(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        int[] at = {0};
        // The first exception ends it.
        Future<?> _ = pace.scheduleAtFixedRate(
                () -> write(bytes[at[0]++ % bytes.length]), PACE_MILLIS, PACE_MILLIS, TimeUnit.MILLISECONDS);
        return this;
    }

    private void write(int b) {
        try {
            socket.getOutputStream().write(b);
        } catch (IOException closed) {
            throw new IllegalStateException(closed);
        }
    }

    /// What the server says until it hangs up.
    byte[] readToEnd() throws IOException {
        var read = new ByteArrayOutputStream();
        InputStream in = socket.getInputStream();
        byte[] some = new byte[1 << 13];
        try {
            for (int count = in.read(some); count >= 0; count = in.read(some)) {
                read.write(some, 0, count);
            }
        } catch (SocketTimeoutException open) {
            throw open;
        } catch (IOException reset) {
            // It hung up all the same.
        }
        return read.toByteArray();
    }

    List<RawAnswer> answers() throws IOException {
        return RawAnswer.read(readToEnd(), false);
    }

    /// One answer of a connection that stays open, whose body this text ends.
    String readTo(String end) throws IOException {
        var text = new StringBuilder();
        InputStream in = socket.getInputStream();
        while (text.indexOf(end) < 0) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("the server hung up: " + text);
            }
            text.append((char) b);
        }
        return text.toString();
    }

    @Override
    public void close() throws IOException {
        pace.shutdownNow();
        socket.close();
    }
}
