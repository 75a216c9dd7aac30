package dev.chatkeep.server;

import static java.net.http.HttpRequest.BodyPublishers.ofString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How often someone may ask, and by which name of the server.
class LimitsTest {

    @Test
    void aUserHasLimitsOfTheirOwn() throws Exception {
        try (TestServer server = TestServer.answering(Scripts.saysText("Hi."), "chatkeep.limits.per-user=5")) {
            Api one = server.guest();
            Api other = server.guest();
            for (int i = 0; i < 5; i++) {
                assertThat(one.get("/api/chats").status()).isEqualTo(200);
            }

            HttpResponse<String> refused = get(server, "/api/chats", "Authorization", "Bearer " + one.token());

            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).contains("\"code\":\"rate_limited\"", "\"success\":false");
            assertThat(refused.headers().firstValueAsLong("Retry-After").orElse(0))
                    .isBetween(1L, 60L);
            assertThat(other.get("/api/chats").status()).isEqualTo(200);
        }
    }

    @Test
    void whoAsksTooOftenStillReadsWhatWasAnsweredBeforeAndNothingElse() {
        try (TestServer server = TestServer.answering(Scripts.saysText("Hi."), "chatkeep.limits.per-user=3")) {
            Api api = server.guest();
            String asked = Api.turn("c", "m1", "Hello");
            for (int i = 0; i < 3; i++) {
                Api.chunks(api.post("/api/chat", asked));
            }

            assertThat(Api.chunks(api.post("/api/chat", asked)).toString()).contains("Hi.");
            assertThat(api.post("/api/chat", Api.turn("c", "m1", "Other")).code())
                    .isEqualTo("rate_limited");
            assertThat(api.post("/api/chat", Api.turn("c", "m2", "Hello")).code())
                    .isEqualTo("rate_limited");
            assertThat(api.post("/api/chat", asked).code())
                    .as("beyond twice the limit")
                    .isEqualTo("rate_limited");
            assertThat(server.database().count("message")).isEqualTo(2);
        }
    }

    @Test
    void aUserReadsSoManyAnswersAtOnceAndNoMore() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        try (TestServer server = TestServer.answering(Scripts.waitsFor(goOn), "chatkeep.limits.streams=2")) {
            Api api = server.guest();
            try (Api.Stream one = api.open(Api.turn("one", "m", "Hello"));
                    Api.Stream two = api.resume("one")) {
                two.await(line -> line.contains("begun"));

                Api.Answer third = api.get("/api/chat/one/stream");
                Api.Answer turn = api.post("/api/chat", Api.turn("three", "m", "Hello"));

                assertThat(List.of(third, turn)).allSatisfy(refused -> {
                    assertThat(refused.status()).isEqualTo(429);
                    assertThat(refused.code()).isEqualTo("too_many_streams");
                    assertThat(refused.headers().firstValue("Retry-After")).contains("5");
                });
                assertThat(api.get("/api/chats/three").status()).isEqualTo(404);
                try (Api.Stream another = server.guest().open(Api.turn("one", "m", "Hello"))) {
                    assertThat(another.status()).isEqualTo(200);
                }
                goOn.countDown();
                one.await(line -> line.contains("[DONE]"));
                two.await(line -> line.contains("[DONE]"));
            }
            await().untilAsserted(() -> assertThat(api.post("/api/chat", Api.turn("three", "m", "Hello"))
                            .status())
                    .isEqualTo(200));
        } finally {
            goOn.countDown();
        }
    }

    @Test
    void signingInAndGuessingTokensAreLimitedByAddress() {
        try (TestServer server = TestServer.answering(
                Scripts.saysText("Hi."), "chatkeep.limits.sign-ins=3", "chatkeep.limits.per-address=4")) {
            Api user = server.guest();
            server.guest();
            server.guest();
            assertThat(server.nobody().post("/api/auth/guest", "").code()).isEqualTo("rate_limited");
            Api guessing = new Api(server.url(), "ck_guess");
            for (int i = 0; i < 4; i++) {
                assertThat(guessing.get("/api/chats").status()).isEqualTo(401);
            }

            assertThat(guessing.get("/api/chats").status()).isEqualTo(429);

            assertThat(user.get("/api/chats").status()).isEqualTo(200);
            assertThat(server.nobody().get("/api/health").status()).isEqualTo(200);
        }
    }

    /// The address that a client claims counts only when a proxy that the operator trusts says so.
    @ParameterizedTest
    @CsvSource({"none, 429", "native, 200"})
    void anAddressIsBelievedOnlyFromAProxy(String strategy, int status) throws Exception {
        try (TestServer server = TestServer.answering(
                Scripts.saysText("Hi."),
                "chatkeep.limits.per-address=1",
                "server.forward-headers-strategy=" + strategy)) {
            get(server, "/api/models", "X-Forwarded-For", "198.51.100.1");

            HttpResponse<String> second = get(server, "/api/models", "X-Forwarded-For", "198.51.100.2");

            assertThat(second.statusCode()).isEqualTo(status);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "true, evil.example.com, 403",
        "true, localhost, 200",
        "true, 127.0.0.1, 200",
        "true, [::1], 200",
        "true, 192.168.1.7, 200",
        "true, chat.example.com, 200",
        "true, CHAT.example.com, 200",
        "true, localhost.evil.example.com, 403",
        "false, evil.example.com, 200",
    })
    void withGuestsTheServerIsReachedByItsOwnNamesOnly(boolean guests, String host, int status) throws Exception {
        try (TestServer server = TestServer.answering(
                Scripts.saysText("Hi."), "chatkeep.auth.guest.enabled=" + guests, "chatkeep.hosts=chat.example.com")) {
            String request = "GET /api/models HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";

            List<RawAnswer> answers = RawHttp.of(server).send(request.getBytes(StandardCharsets.US_ASCII));

            assertThat(answers.getFirst().status()).isEqualTo(status);
        }
    }

    private static HttpResponse<String> get(TestServer server, String path, String header, String value)
            throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create(server.url() + path))
                            .header(header, value)
                            .method("GET", ofString(""))
                            .build(),
                    BodyHandlers.ofString());
        }
    }
}
