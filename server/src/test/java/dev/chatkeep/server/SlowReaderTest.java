package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.run.Cancellation;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.Prompt;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/// A reader who is so far behind an answer that what comes next is in the database only, while that is away.
class SlowReaderTest {

    private static final int PIECES = 2_000;
    private static final String PADDING = "x".repeat(4_000);
    private static final Pattern PIECE = Pattern.compile("\"delta\":\"(\\d+) x");

    @TempDir
    private Path data;

    private final CountDownLatch attached = new CountDownLatch(1);
    private final CountDownLatch end = new CountDownLatch(1);

    /// Eight megabytes, of which the first piece comes before the reader and the rest as fast as it is taken.
    private void answer(Prompt prompt, Cancellation cancellation, Consumer<? super ModelEvent> sink) {
        try {
            sink.accept(new ModelEvent.TextDelta("begin"));
            attached.await();
            for (int number = 1; number <= PIECES; number++) {
                sink.accept(new ModelEvent.TextDelta(number + " " + PADDING));
            }
            end.await();
            sink.accept(Scripts.STOP);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void readsOnWhenPostgresIsBack() throws Exception {
        EmbeddedData postgres = new EmbeddedData(data);
        try (TestServer server =
                TestServer.answering(this::answer, "chatkeep.database.url=", "chatkeep.data-dir=" + data)) {
            Api api = server.guest();
            try (Api.Stream first = api.open(Api.turn("c", "m", "Go on"))) {
                first.await(line -> line.contains("begin"));
                try (Socket socket = resume(server, api)) {
                    BufferedReader lines =
                            new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
                    assertThat(lines.readLine()).contains("200");
                    attached.countDown();
                    awaitWritten(server);
                    postgres.preventStart();
                    postgres.killPostmaster();

                    List<Integer> pieces = new ArrayList<>(read(lines, ": keep-alive"));
                    assertThat(pieces).as("what it had before").hasSizeLessThan(PIECES);
                    postgres.allowStart();
                    end.countDown();
                    pieces.addAll(read(lines, "data: [DONE]"));

                    assertThat(pieces)
                            .isEqualTo(IntStream.rangeClosed(1, PIECES).boxed().toList());
                }
            }
            assertThat(api.lastStatus("c")).isEqualTo("complete");
        }
    }

    /// All that was said is in the database, and so no longer kept in memory.
    private static void awaitWritten(TestServer server) {
        JdbcClient sql =
                JdbcClient.create(server.beans(DataSource.class).iterator().next());
        await().atMost(Duration.ofSeconds(60))
                .until(() -> sql.sql("select coalesce(max(last), 0) from chatkeep.run_event")
                                .query(Integer.class)
                                .single()
                        > PIECES);
    }

    /// As HTTP 1.0, whose bodies are not cut into chunks.
    private static Socket resume(TestServer server, Api api) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(1_024);
        socket.setSoTimeout(60_000);
        socket.connect(new InetSocketAddress(
                InetAddress.getLoopbackAddress(), RawHttp.of(server).port()));
        socket.getOutputStream().write("""
                        GET /api/chat/c/stream HTTP/1.0\r
                        Host: localhost\r
                        Authorization: Bearer %s\r
                        \r
                        """.formatted(api.token()).getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /// The numbers of the pieces up to this line.
    private static List<Integer> read(BufferedReader lines, String last) throws IOException {
        List<Integer> pieces = new ArrayList<>();
        for (String line = lines.readLine(); !last.equals(line); line = lines.readLine()) {
            if (line == null) {
                throw new IOException("the stream ended after " + pieces.size() + " pieces");
            }
            Matcher piece = PIECE.matcher(line);
            if (piece.find()) {
                pieces.add(Integer.parseInt(piece.group(1)));
            }
        }
        return pieces;
    }
}
