package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ManyAnswersTest {

    private static final int STREAMS = 300;

    @Test
    void threeHundredAnswersFromASlowProviderStreamAtOnce() throws Exception {
        CountDownLatch begun = new CountDownLatch(STREAMS);
        CountDownLatch goOn = new CountDownLatch(1);
        try (SlowProvider provider = new SlowProvider(goOn);
                TestServer server = TestServer.start(
                        "chatkeep.openai.base-url=http://127.0.0.1:" + provider.port() + "/v1",
                        "chatkeep.openai.api-key=test",
                        "chatkeep.model=slow");
                var readers = Executors.newVirtualThreadPerTaskExecutor()) {
            Api api = server.guest();
            var ends = new ArrayList<Future<String>>();
            for (int i = 0; i < STREAMS; i++) {
                String chat = "c" + i;
                ends.add(readers.submit(() -> {
                    try (Api.Stream stream = api.open(Api.turn(chat, "m", "Hello"))) {
                        stream.await(line -> line.contains("first"));
                        begun.countDown();
                        return stream.await(line -> line.contains("\"finish\""));
                    }
                }));
            }

            assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
            goOn.countDown();

            for (Future<String> end : ends) {
                assertThat(end.get(60, TimeUnit.SECONDS)).contains("\"finishReason\":\"stop\"");
            }
            assertThat(server.database()
                            .sql()
                            .sql("select count(*) from chatkeep.message where status = 'complete'")
                            .query(Long.class)
                            .single())
                    .isEqualTo(2L * STREAMS);
        }
    }

    /// Speaks OpenAI's protocol: one word at once, the rest when told.
    private static final class SlowProvider implements AutoCloseable {

        private final ServerSocket door = new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress());
        private final CountDownLatch goOn;

        SlowProvider(CountDownLatch goOn) throws IOException {
            this.goOn = goOn;
            Thread.ofVirtual().start(this::accept);
        }

        int port() {
            return door.getLocalPort();
        }

        private void accept() {
            while (!door.isClosed()) {
                try {
                    Socket client = door.accept();
                    Thread.ofVirtual().start(() -> answer(client));
                } catch (IOException closed) {
                    return;
                }
            }
        }

        private void answer(Socket client) {
            try (client) {
                var in = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
                String line = in.readLine();
                while (line != null && !line.isEmpty()) {
                    line = in.readLine();
                }
                OutputStream out = client.getOutputStream();
                write(out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
                write(out, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"first\"}}]}\n\n");
                goOn.await();
                write(out, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
                write(out, "data: [DONE]\n\n");
            } catch (IOException gone) {
                // The test reports what it misses.
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }

        private static void write(OutputStream out, String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.flush();
        }

        @Override
        public void close() throws IOException {
            door.close();
        }
    }
}
