package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CorsTest {

    private static final String ALLOWED = "http://localhost:3000";

    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.answering(
                Scripts.saysText("Hi."), "chatkeep.cors.origins=https://app.example.com," + ALLOWED);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void onlyConfiguredOriginsMayCallFromABrowser() throws Exception {
        HttpResponse<String> allowed = preflight(server, ALLOWED);
        HttpResponse<String> refused = preflight(server, "https://evil.example.com");

        assertThat(allowed.statusCode()).isEqualTo(200);
        assertThat(allowed.headers().firstValue("Access-Control-Allow-Origin")).contains(ALLOWED);
        assertThat(allowed.headers().firstValue("Access-Control-Allow-Headers").orElse(""))
                .contains("authorization", "content-type");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
    }

    @Test
    void theirPagesMayAskForHeadersAlone() throws Exception {
        RawAnswer answer = RawHttp.of(server)
                .ask(
                        "HEAD /api/chats",
                        "Origin: " + ALLOWED,
                        "Authorization: Bearer " + server.guest().token());

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.headers()).containsEntry("Access-Control-Allow-Origin", ALLOWED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://evil.example.com", "null", "http://[", "http://localhost:3000/x", "x y", "%"})
    void anotherOriginIsRefusedInTheFormOfEveryError(String origin) throws Exception {
        RawHttp http = RawHttp.of(server);
        for (String line : List.of("GET /api/chats", "POST /api/auth/guest", "OPTIONS /api/chat", "GET /api/x")) {
            RawAnswer refusal = http.ask(line, "Origin: " + origin, "Access-Control-Request-Method: POST");

            assertThat(refusal.assertProblem().status()).as(line).isEqualTo(403);
            assertThat(refusal.code()).isEqualTo("origin_not_allowed");
            assertThat(refusal.headers()).doesNotContainKey("Access-Control-Allow-Origin");
        }
        assertThat(http.ask("HEAD /api/chats", "Origin: " + origin).body()).isEmpty();
    }

    private static HttpResponse<String> preflight(TestServer server, String origin) throws Exception {
        try (HttpClient browser = HttpClient.newHttpClient()) {
            return browser.send(
                    HttpRequest.newBuilder(URI.create(server.url() + "/api/chat"))
                            .method("OPTIONS", BodyPublishers.noBody())
                            .header("Origin", origin)
                            .header("Access-Control-Request-Method", "POST")
                            .header("Access-Control-Request-Headers", "authorization,content-type")
                            .build(),
                    BodyHandlers.ofString());
        }
    }
}
