package dev.chatkeep.server;

import static java.net.http.HttpRequest.BodyPublishers.ofString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Sessions as their user sees them: where they are signed in, and how that ends.
class SessionApiTest {

    private static final TestDatabase DATABASE = TestDatabase.create();

    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."), DATABASE);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Nested
    class Listed {

        @Test
        void withWhatTheClientSaidOfItself() {
            Api user = server.guest();

            JsonNode list = user.get("/api/auth/sessions").json();

            JsonNode session = list.path("sessions").get(0);
            assertThat(list.path("sessions")).hasSize(1);
            assertThat(session.path("id")).isEqualTo(list.path("currentSessionId"));
            assertThat(session.path("device").stringValue()).startsWith("Java-http-client");
            assertThat(session.path("address").stringValue()).isEqualTo("127.0.0.1");
            assertThat(list.toString()).doesNotContain(user.token().substring(3));
            assertThat(user.get("/api/auth/session").json().path("sessionId")).isEqualTo(session.path("id"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"\u00e9\u00ff", "x", "  ", "a\tb"})
        void whateverTheDeviceIsCalled(String device) throws Exception {
            HttpResponse<String> signedIn =
                    send(request("POST", "/api/auth/guest").header("User-Agent", device));

            assertThat(signedIn.statusCode()).isEqualTo(200);
        }

        @Test
        void aDeviceOfAnyLength() throws Exception {
            HttpResponse<String> signedIn =
                    send(request("POST", "/api/auth/guest").header("User-Agent", "x".repeat(4_000)));

            assertThat(signedIn.statusCode()).isEqualTo(200);
        }
    }

    @Nested
    class Ended {

        @Test
        void byLogout() {
            Api user = server.guest();

            assertThat(user.post("/api/auth/logout", "").json().path("revoked").intValue())
                    .isEqualTo(1);

            assertThat(user.get("/api/chats").status()).isEqualTo(401);
            assertThat(user.post("/api/auth/logout", "").status()).isEqualTo(401);
        }

        @Test
        void oneByOneOrAllAtOnce() {
            Api one = server.guest();
            Api two = again(one);
            Api three = again(one);

            assertThat(two.delete("/api/auth/sessions/" + id(one)).status()).isEqualTo(200);
            assertThat(one.get("/api/chats").status()).isEqualTo(401);
            assertThat(two.delete("/api/auth/sessions?keepCurrent=true")
                            .json()
                            .path("revoked")
                            .intValue())
                    .isEqualTo(1);
            assertThat(three.get("/api/chats").status()).isEqualTo(401);
            assertThat(two.delete("/api/auth/sessions").status()).isEqualTo(200);
            assertThat(two.get("/api/chats").status()).isEqualTo(401);
        }

        @Test
        void onlyByTheirUser() {
            Api user = server.guest();
            Api stranger = server.guest();

            Api.Answer foreign = stranger.delete("/api/auth/sessions/" + id(user));
            Api.Answer missing = stranger.delete("/api/auth/sessions/" + UUID.randomUUID());

            assertThat(foreign).isEqualTo(missing);
            assertThat(foreign.status()).isEqualTo(404);
            assertThat(foreign.code()).isEqualTo("session_not_found");
            assertThat(stranger.delete("/api/auth/sessions/x").field()).isEqualTo("sessionId");
            assertThat(user.get("/api/chats").status()).isEqualTo(200);
        }

        @Test
        void onEveryNodeWithinASecond() {
            try (TestServer other = TestServer.answering(Scripts.saysText("Hi."), DATABASE)) {
                for (int i = 0; i < 5; i++) {
                    Api here = server.guest();
                    Api there = new Api(other.url(), here.token());
                    assertThat(there.get("/api/chats").status()).isEqualTo(200);

                    here.post("/api/auth/logout", "");

                    await().pollInterval(Duration.ofMillis(20))
                            .atMost(Duration.ofSeconds(1))
                            .until(() -> there.get("/api/chats").status() == 401);
                }
            }
        }

        /// A node that cannot read what was revoked trusts nothing that it remembers.
        @Test
        void alsoOnANodeThatIsCutOff() throws Exception {
            try (TestProxy proxy = new TestProxy(DATABASE.port());
                    TestServer other = TestServer.answering(Scripts.saysText("Hi."), DATABASE.behind(proxy.port()))) {
                Api here = server.guest();
                Api there = new Api(other.url(), here.token());
                // What makes no statement of its own is answered from memory alone.
                assertThat(there.get("/api/unknown").status()).isEqualTo(404);
                proxy.cut();

                await().pollInterval(Duration.ofMillis(20))
                        .atMost(Duration.ofSeconds(15))
                        .until(() -> there.get("/api/unknown").status() == 503);
                here.post("/api/auth/logout", "");
                assertThat(there.get("/api/unknown").status()).isEqualTo(503);
                proxy.mend();

                await().atMost(Duration.ofSeconds(20))
                        .until(() -> there.get("/api/unknown").status() == 401);
            }
        }

        private static String id(Api user) {
            return user.get("/api/auth/session").json().path("sessionId").stringValue();
        }

        /// Another session of the same user.
        private static Api again(Api user) {
            String userId =
                    user.get("/api/auth/session").json().path("user").path("id").stringValue();
            return new Api(server.url(), server.signIn(UUID.fromString(userId)));
        }
    }

    private static HttpRequest.Builder request(String method, String path) {
        return HttpRequest.newBuilder(URI.create(server.url() + path)).method(method, ofString(""));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request.build(), BodyHandlers.ofString());
        }
    }
}
