package dev.chatkeep.server;

import static java.net.http.HttpRequest.BodyPublishers.ofString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The session token in a cookie, as browsers send it.
class SessionCookieTest {

    private static final String OTHER_ORIGIN = "https://app.example.com";

    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start(
                "chatkeep.cors.origins=" + OTHER_ORIGIN,
                "chatkeep.hosts=chat.example.com",
                "server.forward-headers-strategy=native");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void signsAPageInThatSendsNoToken() throws Exception {
        String cookie = setCookie(send(request("POST", "/api/auth/guest")));

        assertThat(cookie).startsWith("chatkeep_session=").contains("HttpOnly", "SameSite=Lax", "Path=/;");
        assertThat(cookie).doesNotContain("Secure");
        assertThat(get("/api/chats", value(cookie)).statusCode()).isEqualTo(200);
        HttpResponse<String> out = send(request("POST", "/api/auth/logout")
                .header("Cookie", value(cookie))
                .header("Sec-Fetch-Site", "same-origin"));
        assertThat(out.statusCode()).isEqualTo(200);
        assertThat(setCookie(out)).contains("Max-Age=0");
        assertThat(get("/api/chats", value(cookie)).statusCode()).isEqualTo(401);
    }

    @Test
    void hasTheHostPrefixOverHttpsWhereABareNameIsNotRead() throws Exception {
        String cookie = setCookie(send(https("POST", "/api/auth/guest")));
        String token = value(cookie).substring(value(cookie).indexOf('=') + 1);

        assertThat(cookie).startsWith("__Host-chatkeep_session=").contains("Path=/;", "Secure", "HttpOnly");
        assertThat(send(https("GET", "/api/chats").header("Cookie", value(cookie)))
                        .statusCode())
                .isEqualTo(200);
        assertThat(send(https("GET", "/api/chats").header("Cookie", "chatkeep_session=" + token))
                        .statusCode())
                .isEqualTo(401);
        HttpResponse<String> out = send(https("POST", "/api/auth/logout")
                .header("Cookie", value(cookie))
                .header("Sec-Fetch-Site", "same-origin"));
        assertThat(setCookie(out)).startsWith("__Host-chatkeep_session=;").contains("Path=/;", "Secure", "Max-Age=0");
    }

    @Test
    void isAsTheOperatorSaysWhateverTheRequestLooksLike() throws Exception {
        try (TestServer secure = TestServer.start("chatkeep.auth.cookie.secure=true")) {
            String cookie = setCookie(send(request(secure, "POST", "/api/auth/guest")));

            assertThat(cookie).startsWith("__Host-chatkeep_session=").contains("Path=/;", "Secure");
            assertThat(send(request(secure, "GET", "/api/chats").header("Cookie", value(cookie)))
                            .statusCode())
                    .isEqualTo(200);
        }
        try (TestServer narrow =
                TestServer.start("chatkeep.auth.cookie.secure=true", "chatkeep.auth.cookie.path=/chat/api")) {
            assertThat(setCookie(send(request(narrow, "POST", "/api/auth/guest"))))
                    .startsWith("__Secure-chatkeep_session=")
                    .contains("Path=/chat/api;", "Secure");
        }
        try (TestServer plain = TestServer.start("chatkeep.auth.cookie.path=/api")) {
            assertThat(setCookie(send(request(plain, "POST", "/api/auth/guest"))))
                    .startsWith("chatkeep_session=")
                    .contains("Path=/api;");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"api", "/a;b", "/ä", ""})
    void hasAPathOfASite(String path) {
        assertThatThrownBy(() ->
                        TestServer.start("chatkeep.auth.cookie.path=" + path).close())
                .hasStackTraceContaining("chatkeep.auth.cookie.path");
    }

    @Test
    void isRefusedWhenThereAreTwoAndClearedAsFarAsItCanBe() throws Exception {
        Api user = server.guest();
        String twice = "chatkeep_session=" + user.token() + "; chatkeep_session=" + user.token();

        HttpResponse<String> refusal = get("/api/chats", twice);

        assertThat(refusal.statusCode()).isEqualTo(400);
        assertThat(refusal.body()).contains("\"code\":\"duplicate_cookie\"", "\"field\":\"Cookie\"");
        List<String> cleared = refusal.headers().allValues("Set-Cookie");
        assertThat(cleared).hasSize(2).allMatch(cookie -> cookie.contains("Max-Age=0"));
        assertThat(cleared).anyMatch(cookie -> cookie.contains("Path=/;"));
        assertThat(cleared).anyMatch(cookie -> cookie.contains("Path=/api;"));
        assertThat(send(request("GET", "/api/chats")
                                .header("Cookie", twice)
                                .header("Authorization", "Bearer " + user.token()))
                        .statusCode())
                .as("a token in a header is clear")
                .isEqualTo(200);
    }

    @Test
    void changesNothingForAnotherSite() throws Exception {
        Api user = server.guest();
        user.post("/api/chats", "{\"id\":\"kept\"}");
        String cookie = "chatkeep_session=" + user.token();

        for (HttpRequest.Builder forged : new HttpRequest.Builder[] {
            request("DELETE", "/api/chats/kept"),
            request("DELETE", "/api/chats/kept").header("Origin", "https://evil.example.com"),
            request("DELETE", "/api/chats/kept").header("Origin", "null"),
            request("DELETE", "/api/chats/kept").header("Sec-Fetch-Site", "cross-site"),
            request("DELETE", "/api/chats/kept").header("Sec-Fetch-Site", "same-site"),
            request("DELETE", "/api/chats/kept").header("Sec-Fetch-Site", "anything-new"),
            request("DELETE", "/api/chats/kept").header("Sec-Fetch-Site", ""),
            request("DELETE", "/api/chats/kept")
                    .header("Sec-Fetch-Site", "cross-site")
                    .header("Origin", server.url()),
            request("POST", "/api/auth/logout")
                    .header("Origin", "https://evil.example.com")
                    .header("Content-Type", "application/x-www-form-urlencoded"),
        }) {
            HttpResponse<String> answer = send(forged.header("Cookie", cookie));

            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(403);
        }
        assertThat(user.get("/api/chats/kept").status()).isEqualTo(200);
    }

    @Test
    void worksForOnesOwnPagesAndAllowedOrigins() throws Exception {
        Api user = server.guest();
        for (HttpRequest.Builder own : new HttpRequest.Builder[] {
            request("POST", "/api/chats").header("Origin", server.url()),
            request("POST", "/api/chats").header("Sec-Fetch-Site", "same-origin"),
            request("POST", "/api/chats").header("Sec-Fetch-Site", "none"),
            request("POST", "/api/chats").header("Origin", OTHER_ORIGIN),
            request("POST", "/api/chats").header("Origin", OTHER_ORIGIN).header("Sec-Fetch-Site", "same-site")
        }) {
            HttpResponse<String> answer = send(own.header("Cookie", "chatkeep_session=" + user.token()));

            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        }
    }

    /// An origin list that allows anybody is for tokens.
    @Test
    void signsInNoPageOfAnyOriginAtAll() throws Exception {
        try (TestServer open = TestServer.start("chatkeep.cors.origins=*")) {
            Api user = open.guest();
            for (String site : new String[] {"same-site", "cross-site"}) {
                assertThat(send(request(open, "POST", "/api/chats")
                                        .header("Origin", "https://evil.example.com")
                                        .header("Sec-Fetch-Site", site)
                                        .header("Cookie", "chatkeep_session=" + user.token()))
                                .statusCode())
                        .isEqualTo(403);
            }
            assertThat(send(request(open, "POST", "/api/chats")
                                    .header("Origin", "https://evil.example.com")
                                    .header("Cookie", "chatkeep_session=" + user.token()))
                            .statusCode())
                    .isEqualTo(403);
        }
    }

    private static HttpResponse<String> get(String path, String cookie) throws IOException, InterruptedException {
        return send(request("GET", path).header("Cookie", cookie));
    }

    private static HttpRequest.Builder request(String method, String path) {
        return request(server, method, path);
    }

    private static HttpRequest.Builder request(TestServer server, String method, String path) {
        return HttpRequest.newBuilder(URI.create(server.url() + path)).method(method, ofString(""));
    }

    /// As a proxy that ends TLS passes it on.
    private static HttpRequest.Builder https(String method, String path) {
        return request(method, path)
                .header("X-Forwarded-Proto", "https")
                .header("X-Forwarded-Host", "chat.example.com");
    }

    private static String setCookie(HttpResponse<String> answer) {
        return answer.headers().firstValue("Set-Cookie").orElseThrow();
    }

    private static String value(String setCookie) {
        return setCookie.substring(0, setCookie.indexOf(';'));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request.build(), BodyHandlers.ofString());
        }
    }
}
