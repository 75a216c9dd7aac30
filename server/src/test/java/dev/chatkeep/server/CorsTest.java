package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;

class CorsTest {

    @Test
    void onlyConfiguredOriginsMayCallFromABrowser() throws Exception {
        try (TestServer server = TestServer.answering(
                Scripts.saysText("Hi."), "chatkeep.cors.origins=https://app.example.com,http://localhost:3000")) {
            HttpResponse<String> allowed = preflight(server, "http://localhost:3000");
            HttpResponse<String> refused = preflight(server, "https://evil.example.com");

            assertThat(allowed.statusCode()).isEqualTo(200);
            assertThat(allowed.headers().firstValue("Access-Control-Allow-Origin"))
                    .contains("http://localhost:3000");
            assertThat(allowed.headers()
                            .firstValue("Access-Control-Allow-Headers")
                            .orElse(""))
                    .contains("authorization", "content-type");
            assertThat(refused.statusCode()).isEqualTo(403);
            assertThat(refused.headers().firstValue("Access-Control-Allow-Origin"))
                    .isEmpty();
        }
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
