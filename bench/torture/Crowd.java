import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Readers, each of an answer of its own, who look at nothing but how late it comes.
final class Crowd implements AutoCloseable {

    private static final int CHATS_OF_A_USER = 20;
    private static final int ASKING_AT_ONCE = 20;
    private static final int PATIENCE_SECONDS = 30;
    private static final AtomicInteger CHATS = new AtomicInteger();

    private final List<Reader> readers = new ArrayList<>();
    private final int port;
    private final CountDownLatch begun;
    private final CountDownLatch ended;
    private volatile boolean isMeasuring;

    Crowd(String url, int count) throws IOException, InterruptedException {
        this.port = URI.create(url).getPort();
        this.begun = new CountDownLatch(count);
        this.ended = new CountDownLatch(count);
        for (int i = 0; i < count; i += CHATS_OF_A_USER) {
            Client user = Client.guest(url);
            for (int c = i; c < Math.min(count, i + CHATS_OF_A_USER); c++) {
                readers.add(new Reader(user, "c" + CHATS.incrementAndGet()));
            }
        }
    }

    /// Asks everything, and returns when all read, or have had their time to.
    void start() throws InterruptedException {
        for (int i = 0; i < readers.size(); i++) {
            Thread.ofVirtual().start(readers.get(i));
            if (i % ASKING_AT_ONCE == ASKING_AT_ONCE - 1) {
                Thread.sleep(200);
            }
        }
        begun.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    void measure(boolean on) {
        isMeasuring = on;
    }

    /// @return how many did not read to the end
    int awaitEnd() throws InterruptedException {
        ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        return (int) readers.stream().filter(reader -> !reader.isDone).count();
    }

    /// How late what was measured came, in order, in nanoseconds.
    long[] delays() {
        long[] all = readers.stream()
                .flatMapToLong(reader -> Arrays.stream(reader.delays, 0, reader.count))
                .sorted()
                .toArray();
        return all.length == 0 ? new long[1] : all;
    }

    @Override
    public void close() throws IOException {
        for (Reader reader : readers) {
            reader.close();
        }
    }

    private final class Reader implements Runnable, AutoCloseable {
        private static final byte[] END = "[DONE]".getBytes(StandardCharsets.US_ASCII);

        private final Client user;
        private final String chat;
        private volatile Socket socket;
        private volatile boolean isDone;
        private boolean hasBegun;
        private long[] delays = new long[256];
        private int count;

        Reader(Client user, String chat) {
            this.user = user;
            this.chat = chat;
        }

        @Override
        public void run() {
            try (Socket connection = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket = connection;
                byte[] body = Client.turn(chat, "m", "go").getBytes(StandardCharsets.UTF_8);
                // 1.0, so that no chunk of HTTP cuts a time in two.
                String head = "POST /api/chat HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer " + user.token()
                        + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n";
                connection.getOutputStream().write((head + new String(body, StandardCharsets.UTF_8))
                        .getBytes(StandardCharsets.UTF_8));
                read(connection.getInputStream());
            } catch (IOException gone) {
                // It counts as not read to the end.
            } finally {
                ended.countDown();
            }
        }

        /// Looks for times and for the end, byte by byte.
        private void read(InputStream in) throws IOException {
            byte[] buffer = new byte[16 << 10];
            int digits = -1;
            long time = 0;
            int matched = 0;
            for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                long now = System.nanoTime();
                for (int i = 0; i < read; i++) {
                    byte each = buffer[i];
                    if (digits >= 0) {
                        time = time * 10 + each - '0';
                        if (++digits == Metronome.DIGITS) {
                            token(now - time);
                            digits = -1;
                        }
                    } else if (each == Metronome.MARK) {
                        digits = 0;
                        time = 0;
                    }
                    matched = each == END[matched] ? matched + 1 : each == END[0] ? 1 : 0;
                    if (matched == END.length) {
                        isDone = true;
                        return;
                    }
                }
            }
        }

        private void token(long delay) {
            if (!hasBegun) {
                hasBegun = true;
                begun.countDown();
            }
            if (isMeasuring) {
                if (count == delays.length) {
                    delays = Arrays.copyOf(delays, 2 * count);
                }
                delays[count++] = delay;
            }
        }

        @Override
        public void close() throws IOException {
            if (socket != null) {
                socket.close();
            }
        }
    }
}
