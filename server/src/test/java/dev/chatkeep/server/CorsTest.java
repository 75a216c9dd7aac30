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
                Scripts.saysText("Hi."),
                "chatkeep.cors.origins=https://app.example.com," + ALLOWED,
                "chatkeep.cors.headers=X-Sentry-Trace,x-own",
                "chatkeep.limits.per-address=1");
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

    /// Firefox and Safari ask for `user-agent` too, where a page sets it; early versions of `ai` 5 and 6 do.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "authorization,content-type,user-agent",
                "authorization, content-type, if-none-match, last-event-id",
                "baggage,traceparent,tracestate,x-requested-with",
                "content-encoding,content-type,idempotency-key,if-match",
                "Authorization,User-Agent",
                "x-sentry-trace,x-own"
            })
    void aPageMayAskForTheHeadersThatClientsSend(String headers) throws Exception {
        for (int i = 0; i < 3; i++) {
            HttpResponse<String> answer = preflight(server, ALLOWED, headers);

            assertThat(answer.statusCode()).as("uncounted").isEqualTo(200);
            assertThat(answer.headers()
                            .firstValue("Access-Control-Allow-Headers")
                            .orElse(""))
                    .isEqualToIgnoringCase(headers.replaceAll(", ?", ", "));
            assertThat(answer.headers().firstValue("Access-Control-Max-Age")).contains("7200");
        }
    }

    @Test
    void otherHeadersAreNotAllowedUnlessTheOperatorNamesThem() throws Exception {
        HttpResponse<String> some = preflight(server, ALLOWED, "authorization,x-other");

        assertThat(some.headers().firstValue("Access-Control-Allow-Headers")).contains("authorization");
    }

    @Test
    void aPageReadsTheHeadersThatAnAnswerHasForIt() throws Exception {
        RawAnswer answer = RawHttp.of(server).ask("GET /api/chats", "Origin: " + ALLOWED);

        assertThat(answer.headers().getOrDefault("Access-Control-Expose-Headers", ""))
                .contains("x-chat-id", "retry-after", "etag", "www-authenticate", "accept-encoding");
    }

    private static HttpResponse<String> preflight(TestServer server, String origin) throws Exception {
        return preflight(server, origin, "authorization,content-type");
    }

    private static HttpResponse<String> preflight(TestServer server, String origin, String headers) throws Exception {
        try (HttpClient browser = HttpClient.newHttpClient()) {
            return browser.send(
                    HttpRequest.newBuilder(URI.create(server.url() + "/api/chat"))
                            .method("OPTIONS", BodyPublishers.noBody())
                            .header("Origin", origin)
                            .header("Access-Control-Request-Method", "POST")
                            .header("Access-Control-Request-Headers", headers)
                            .build(),
                    BodyHandlers.ofString());
        }
    }
}
