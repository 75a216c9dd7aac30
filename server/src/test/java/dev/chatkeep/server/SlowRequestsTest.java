package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Who takes too long to say what they want is not waited for; who is signed in, for longer.
@Tag("slow")
class SlowRequestsTest {

    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration BODY_TIMEOUT = Duration.ofSeconds(3);
    /// Far below Tomcat's own timeout, which each byte begins anew.
    private static final Duration SOON = Duration.ofSeconds(8);

    private static final String HEALTH_END = "UP\"}\r\n0\r\n\r\n";

    private static volatile CountDownLatch goOn = new CountDownLatch(1);

    private static TestServer server;
    private static String token;

    @BeforeAll
    static void start() {
        server = TestServer.answering(
                (prompt, cancellation, sink) -> Scripts.waitsFor(goOn).generate(prompt, cancellation, sink),
                "chatkeep.limits.request-timeout=" + REQUEST_TIMEOUT.toMillis(),
                "chatkeep.limits.body-timeout=" + BODY_TIMEOUT.toMillis(),
                "server.tomcat.max-keep-alive-requests=-1",
                "chatkeep.auth.domains=localhost");
        token = "Authorization: Bearer " + server.guest().token() + "\r\n";
    }

    @AfterAll
    static void stop() {
        goOn.countDown();
        server.close();
    }

    private static String head(String line, String... headers) {
        return line + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + String.join("", headers);
    }

    private static void assertTimeout(RawAnswer answer) {
        assertThat(answer.status()).isEqualTo(408);
        assertThat(answer.assertProblem().code()).isEqualTo("request_timeout");
    }

    @Nested
    class BeforeSignIn {

        /// How far the request comes at once, and what it then says byte by byte.
        @ParameterizedTest
        @ValueSource(
                strings = {
                    "|G",
                    "GET /api/models?|x",
                    "GET /api/models HTTP/1.1\r\n|Host",
                    "GET /api/models HTTP/1.1\r\nHost: 127.0.0.1\r\nX: |y",
                    "GET /api/models HTTP/1.1\r\nHost: 127.0.0.1\r\n|X: y\r\n",
                    "POST /api/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 30000\r\n\r\n|{",
                    "POST /api/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1;|x",
                    "POST /api/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n|1\r\n{\r\n",
                    "POST /api/auth/login HTTP/1.1\r\nHost: [::1]\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n|",
                })
        void aRequestThatDripsIsAnswered408(String request) throws IOException {
            String[] parts = request.split("\\|", 2);
            try (SlowClient client = new SlowClient(server)) {
                client.send(parts[0]);
                if (!parts[1].isEmpty()) {
                    client.drip(parts[1]);
                }

                List<RawAnswer> answers = within(client);

                assertTimeout(answers.getLast());
                assertThat(answers).hasSize(1);
                assertThat(answers.getLast().headers()).containsEntry("Connection", "close");
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "\r", "\r\n"})
        void aConnectionThatSaysNothingIsClosedWithoutAWord(String blank) throws IOException {
            try (SlowClient client = new SlowClient(server)) {
                if (!blank.isEmpty()) {
                    client.drip(blank);
                }

                assertThat(within(client)).isEmpty();
            }
        }

        @Test
        void theTimeBeginsAnewWithEachAnswerAndNotWithEachByte() throws IOException {
            try (SlowClient client = new SlowClient(server)) {
                client.send(head("GET /api/health") + "\r\n").readTo(HEALTH_END);
                client.drip(head("GET /api/health"));

                List<RawAnswer> late = within(client);

                assertThat(late).hasSize(1);
                assertTimeout(late.getFirst());
            }
        }

        @Test
        void theNextRequestMayBeginRightBehindTheLast() throws IOException {
            try (SlowClient client = new SlowClient(server)) {
                client.send(head("GET /api/health") + "\r\n" + head("GET /api/health") + "\r\nGET /api/he")
                        .readTo(HEALTH_END);
                client.drip("a");

                List<RawAnswer> late = within(client);

                assertThat(late).hasSize(2);
                assertThat(late.getFirst().status()).isEqualTo(200);
                assertTimeout(late.getLast());
            }
        }

        @Test
        void aBodyThatIsRefusedIsNotReadForEver() throws IOException {
            try (SlowClient client = new SlowClient(server)) {
                client.send(head("POST /api/chats", "Content-Length: 1000000\r\n") + "\r\n")
                        .drip("x");

                List<RawAnswer> answers = within(client);

                assertThat(answers).hasSize(1);
                assertThat(answers.getFirst().status()).isEqualTo(401);
            }
        }

        @Test
        void anAnswerThatIsNotReadIsNotKeptForEver() throws IOException {
            // More than the buffers of both ends take.
            int requests = 8;
            int length = RawHttp.of(server)
                    .ask("GET /api/docs/swagger-ui-bundle.js")
                    .body()
                    .length();
            try (SlowClient client = new SlowClient(server, 1024)) {
                client.send((head("GET /api/docs/swagger-ui-bundle.js") + "\r\n").repeat(requests));
                await().pollDelay(REQUEST_TIMEOUT.multipliedBy(2)).until(() -> true);

                assertThat(client.readToEnd()).hasSizeLessThan(requests * length);
            }
        }
    }

    private static List<RawAnswer> within(SlowClient client) throws IOException {
        long start = System.nanoTime();
        List<RawAnswer> answers = client.answers();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
        return answers;
    }

    @Nested
    class SignedIn {

        @Test
        void aBodyMayTakeLonger() throws IOException {
            String body = "{\"title\":\"slow\"}";
            try (SlowClient client = new SlowClient(server)) {
                client.send(head("POST /api/chats", token, "Content-Length: " + (body.length() + 30) + "\r\n") + "\r\n"
                                + body)
                        .drip(" ");

                assertThat(client.readTo("}}")).contains("201", "slow");
            }
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"POST /api/chats", "POST /api/chat", "PATCH /api/chats/c", "POST /api/chats/c/messages"})
        void butNotForEver(String line) throws IOException {
            for (String length : List.of("Content-Length: 100000\r\n", "Transfer-Encoding: chunked\r\n")) {
                try (SlowClient client = new SlowClient(server)) {
                    boolean isChunked = length.startsWith("T");
                    client.send(head(line, token, length) + "\r\n" + (isChunked ? "1\r\n{\r\n" : "{"))
                            .drip(isChunked ? "1\r\n \r\n" : " ");

                    List<RawAnswer> answers = within(client);

                    assertThat(answers).hasSize(1);
                    assertTimeout(answers.getFirst());
                }
            }
        }

        @Test
        void aBodyThatNoRouteReadsIsNotReadForEver() throws IOException {
            try (SlowClient client = new SlowClient(server)) {
                client.send(head("GET /api/chats", token, "Content-Length: 1000000\r\n") + "\r\n")
                        .drip("x");

                List<RawAnswer> answers = within(client);

                assertThat(answers).hasSize(1);
                assertThat(answers.getFirst().status()).isEqualTo(200);
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "Content-Length: 9\r\n"})
        void anAnswerIsReadForAsLongAsItTakes(String neverSent) throws Exception {
            Api api = new Api(server.url(), token.strip().substring("Authorization: Bearer ".length()));
            String chat = "stream" + neverSent.length();
            goOn = new CountDownLatch(1);
            try (Api.Stream stream = api.open(Api.turn(chat, "m", "Hello"));
                    SlowClient client = new SlowClient(server)) {
                client.send(head("GET /api/chat/" + chat + "/stream", token, neverSent) + "\r\n")
                        .readTo("begun");
                // Longer than every deadline with its grace.
                await().pollDelay(BODY_TIMEOUT.plus(REQUEST_TIMEOUT.multipliedBy(2)))
                        .until(() -> true);
                goOn.countDown();

                assertThat(client.readTo("[DONE]")).contains("finish");
                stream.await(line -> line.contains("[DONE]"));
            }
        }
    }

    @Test
    void aConnectionIsUsedAgainAndAgain() throws IOException {
        long end = System.nanoTime() + REQUEST_TIMEOUT.multipliedBy(2).toNanos();
        try (SlowClient client = new SlowClient(server)) {
            while (System.nanoTime() < end) {
                client.send(head("GET /api/health") + "\r\n").readTo(HEALTH_END);
            }
        }
    }

    @Test
    void theContainersOwnTimeoutIs408Too() throws IOException {
        try (TestServer other = TestServer.answering(
                        Scripts.saysText("Hi."), "server.tomcat.connection-timeout=300ms", "chatkeep.auth.domains=x");
                SlowClient client = new SlowClient(other)) {
            client.send(head("POST /api/auth/login", "Content-Length: 100\r\n") + "\r\n{");

            assertTimeout(within(client).getLast());
        }
    }

    @Test
    void anUnknownExpectationIsRefused() throws IOException {
        try (SlowClient client = new SlowClient(server)) {
            client.send(head("POST /api/chats", "Expect: x\r\n", "Content-Length: 2\r\n") + "\r\n{}");

            RawAnswer answer = within(client).getLast();

            assertThat(answer.status()).isEqualTo(417);
            assertThat(answer.assertProblem().code()).isEqualTo("expectation_failed");
            assertThat(answer.field()).isEqualTo("Expect");
        }
    }
}
