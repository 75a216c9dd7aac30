import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;

/// A model that says a token every 50 ms to each that asks, until it is told to end. A token is the time at which it
/// was to be said, by `System.nanoTime()` of this process.
final class Metronome implements AutoCloseable {

    /// What a token begins with; the time follows, in so many digits.
    static final char MARK = '~';

    static final int DIGITS = 18;
    private static final long PACE_NANOS = 50_000_000L;

    private final ServerSocket door = new ServerSocket(0, 10_000, InetAddress.getLoopbackAddress());
    private volatile boolean ended;

    Metronome() throws IOException {
        Http.accept(door, this::serve);
    }

    int port() {
        return door.getLocalPort();
    }

    String url() {
        return "http://127.0.0.1:" + port() + "/v1";
    }

    void begin() {
        ended = false;
    }

    void end() {
        ended = true;
    }

    private void serve(Socket client) {
        try (client) {
            client.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(client.getInputStream());
            while (Http.body(in) != null) {
                say(client.getOutputStream());
            }
        } catch (IOException gone) {
            // The server hung up.
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void say(OutputStream out) throws IOException, InterruptedException {
        out.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII));
        long next = System.nanoTime() + ThreadLocalRandom.current().nextLong(PACE_NANOS);
        while (!ended) {
            long wait = next - System.nanoTime();
            if (wait > 0) {
                Thread.sleep(wait / 1_000_000, (int) (wait % 1_000_000));
            }
            Http.event(out, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + MARK
                    + String.format("%0" + DIGITS + "d", next) + "\"}}]}");
            next += PACE_NANOS;
        }
        Http.event(out, "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
        Http.event(out, "[DONE]");
        out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() throws IOException {
        ended = true;
        door.close();
    }
}
