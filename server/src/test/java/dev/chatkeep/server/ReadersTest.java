package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.run.Cancellation;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.Prompt;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// Readers of one answer: many, and one that takes nothing.
class ReadersTest {

    private static final int READERS = 100;
    private static final int PIECES = 500;
    private static final String PIECE = "0123456789abcdef".repeat(256);

    private final CountDownLatch reading = new CountDownLatch(READERS);

    /// Two mebibytes, of which the first piece comes before all read and the rest as fast as it is taken.
    private void answer(Prompt prompt, Cancellation cancellation, Consumer<? super ModelEvent> sink) {
        for (int i = 0; i < PIECES; i++) {
            sink.accept(new ModelEvent.TextDelta(PIECE));
            await(reading);
        }
        sink.accept(Scripts.STOP);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aHundredReadAllOfItAndOneWhoTakesNothingHoldsUpNobody() throws Exception {
        try (TestServer server = TestServer.answering(this::answer)) {
            Api api = server.guest();
            try (Api.Stream first = api.open(Api.turn("c", "m", "Hello"));
                    Socket stuck = askAndReadNothing(server, api)) {
                List<Integer> lengths = AtOnce.run(READERS, i -> {
                    try (Api.Stream stream = api.resume("c")) {
                        int length = text(stream.await(line -> line.contains("text-delta")));
                        reading.countDown();
                        return length + rest(stream);
                    } finally {
                        reading.countDown();
                    }
                });

                assertThat(lengths).containsOnly(PIECES * PIECE.length());
                assertThat(rest(first)).isEqualTo(PIECES * PIECE.length());
                assertThat(api.lastStatus("c")).isEqualTo("complete");
                assertThat(stuck.getInputStream().read())
                        .as("it was read by nobody until now")
                        .isPositive();
            }
        }
    }

    private static Socket askAndReadNothing(TestServer server, Api api) throws IOException {
        int port = Integer.parseInt(server.url().substring(server.url().lastIndexOf(':') + 1));
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setReceiveBufferSize(1_024);
        socket.getOutputStream().write("""
                        GET /api/chat/c/stream HTTP/1.1\r
                        Host: localhost\r
                        Authorization: Bearer %s\r
                        \r
                        """.formatted(api.token()).getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static int text(String line) {
        return line.length() - line.replaceAll("[0-9a-f]{16,}", "").length();
    }

    private static int rest(Api.Stream stream) throws IOException {
        int length = 0;
        for (String line = stream.await(any -> true); !line.contains("[DONE]"); line = stream.await(any -> true)) {
            length += line.contains("text-delta") ? text(line) : 0;
        }
        return length;
    }
}
