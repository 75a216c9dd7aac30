package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the server takes for its own address: from `Host`, and from what a proxy says of it.
class ProxyTest {

    private static TestServer direct;
    private static TestServer proxied;

    @BeforeAll
    static void start() {
        direct = TestServer.answering(Scripts.saysText("Hi."), "chatkeep.hosts=chat.example.com");
        proxied = TestServer.answering(
                Scripts.saysText("Hi."),
                "chatkeep.hosts=Chat.Example.com:8443,other.example.com.",
                "server.forward-headers-strategy=native");
    }

    @AfterAll
    static void stop() {
        direct.close();
        proxied.close();
    }

    /// A page of `origin` posts through a proxy that says this. `HOST` is the server's own address.
    private static RawAnswer post(TestServer server, String host, String origin, String... said) throws IOException {
        RawHttp http = RawHttp.of(server);
        String request = "POST /api/auth/guest HTTP/1.1\r\nHost: " + host.replace("HOST", "127.0.0.1:" + http.port())
                + "\r\nOrigin: " + origin + "\r\nConnection: close\r\nContent-Length: 0\r\n"
                + Arrays.stream(said).map(header -> header + "\r\n").collect(Collectors.joining()) + "\r\n";
        return http.send(request.getBytes(StandardCharsets.US_ASCII)).getFirst();
    }

    private static String[] said(String headers) {
        return headers.equals("nothing")
                ? new String[0]
                : Arrays.stream(headers.split(" \\| "))
                        .map(header -> "X-Forwarded-" + header)
                        .toArray(String[]::new);
    }

    @Nested
    class Origins {

        @ParameterizedTest
        @CsvSource({
            // Next: rewrites
            "HOST, http://localhost:3000, Host: localhost:3000, 200",
            "HOST, http://127.0.0.1:3000, Host: 127.0.0.1:3000, 200",
            "HOST, http://[::1]:3000, Host: [::1]:3000, 200",
            "HOST, http://localhost:3001, Host: localhost:3000, 403",
            "HOST, http://localhost:3000, nothing, 403",
            // Vite: server.proxy, as it is and with xfwd
            "localhost:5173, http://localhost:5173, nothing, 200",
            "HOST, http://localhost:5173, Host: localhost:5173 | Port: 5173 | Proto: http | For: ::1, 200",
            "HOST, http://[::1]:5173, Host: [::1]:5173 | Port: 1 | Proto: http | For: ::1, 200",
            // in front of a TLS proxy
            "HOST, https://chat.example.com, Host: chat.example.com | Proto: https, 200",
            "HOST, https://chat.example.com, Host: chat.example.com | Proto: https | Port: 443, 200",
            "HOST, http://chat.example.com, Host: chat.example.com | Proto: https, 403",
            "HOST, http://chat.example.com, Host: chat.example.com, 200",
            "HOST, https://chat.example.com:8443, Host: chat.example.com:8443 | Proto: https, 200",
            "HOST, https://chat.example.com:8443, Host: chat.example.com | Port: 8443 | Proto: https, 200",
            "chat.example.com, https://chat.example.com, Proto: https, 200",
            "chat.example.com:8443, https://chat.example.com:8443, Proto: https, 200",
            "chat.example.com, https://chat.example.com:8443, Proto: https | Port: 8443, 200",
            "HOST, https://chat.example.com, Host: CHAT.example.com | Proto: HTTPS, 200",
            "HOST, https://chat.example.com., Host: chat.example.com. | Proto: https, 200",
            "HOST, https://other.example.com, Host: other.example.com | Proto: https, 200",
            // one proxy behind another
            "HOST, https://chat.example.com, 'Host: chat.example.com, inner:80 | Proto: https, http', 200",
            "HOST, https://chat.example.com, 'Host: chat.example.com, a | Proto: https,http | Port: 443, 80', 200",
            "HOST, https://chat.example.com, 'Host: inner, chat.example.com | Proto: https', 403",
            // no names
            "HOST, https://chat.example.com, Host: a b | Proto: https, 403",
            "HOST, https://chat.example.com, 'Host: , | Proto: https', 403",
            "HOST, https://evil.example.com, Host: evil.example.com | Proto: https, 403",
        })
        void aPageOfTheAddressThatAProxyNamesMayCall(String host, String origin, String headers, int status)
                throws IOException {
            assertThat(post(proxied, host, origin, said(headers)).status()).isEqualTo(status);
        }

        @ParameterizedTest
        @CsvSource({
            "HOST, http://localhost:3000, Host: localhost:3000",
            "chat.example.com, https://chat.example.com, Proto: https",
            "HOST, https://chat.example.com, Host: chat.example.com | Proto: https"
        })
        void aProxyIsNotBelievedUnlessTheOperatorSaysSo(String host, String origin, String headers) throws IOException {
            assertThat(post(direct, host, origin, said(headers)).code()).isEqualTo("origin_not_allowed");
        }

        /// Vite's `server.proxy` by its short form says nothing of the page's address.
        @ParameterizedTest
        @CsvSource({"same-origin, 200", "same-site, 403", "cross-site, 403", "none, 403", "Same-Origin, 403"})
        void aRequestThatTheBrowserCallsSameOriginIsOne(String site, int status) throws IOException {
            RawAnswer answer = post(direct, "HOST", "http://localhost:5173", "Sec-Fetch-Site: " + site);

            assertThat(answer.status()).isEqualTo(status);
            assertThat(post(direct, "evil.example", "http://evil.example", "Sec-Fetch-Site: " + site)
                            .code())
                    .isEqualTo("host_not_allowed");
        }

        @Test
        void theHeaderForwardedIsNotRead() throws IOException {
            String forwarded = "Forwarded: for=198.51.100.1;host=\"chat.example.com\";proto=https";

            assertThat(post(proxied, "HOST", "https://chat.example.com", forwarded)
                            .code())
                    .isEqualTo("origin_not_allowed");
            assertThat(post(proxied, "evil.example.com", "http://evil.example.com", forwarded)
                            .code())
                    .isEqualTo("host_not_allowed");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "localhost, 200",
        "localhost:9999, 200",
        "LOCALHOST, 200",
        "localhost., 200",
        "[::1]:80, 200",
        "[2001:db8::1], 200",
        "127.0.0.1., 200",
        "chat.example.com:8443, 200",
        "chat.example.com., 200",
        "Chat.Example.Com.:80, 200",
        "chat.example.com.evil.example, 403",
        "localhost.evil.example, 403",
        "evil.example, 403",
        "127.0.0.1.evil.example, 403",
        "1.example, 403",
    })
    void theServerIsReachedByItsNamesWithAnyPort(String host, int status) throws IOException {
        for (TestServer server : List.of(direct, proxied)) {
            String request = "GET /api/models HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";

            RawAnswer answer = RawHttp.of(server)
                    .send(request.getBytes(StandardCharsets.US_ASCII))
                    .getFirst();

            assertThat(answer.status()).isEqualTo(status);
            if (status == 403) {
                assertThat(answer.assertProblem().json().path("detail").asString(""))
                        .isEqualTo("This host name is not allowed. Add it to chatkeep.hosts.");
            }
        }
    }
}
