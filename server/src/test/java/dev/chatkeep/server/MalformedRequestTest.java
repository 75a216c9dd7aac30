package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is no request, or a request in no form that can be read, is the caller's fault and called so.
class MalformedRequestTest {

    private static TestServer server;
    private static RawHttp http;
    private static String token;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."));
        http = RawHttp.of(server);
        token = "Authorization: Bearer " + server.guest().token();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<String> undecodableQueries() {
        return Stream.of(
                "limit=%zz", "x=%ff", "&=x", "%", "=", "%00=x", "x=%f0%28%8c%bc", "limit=%", "a&".repeat(1_001));
    }

    @ParameterizedTest
    @MethodSource("undecodableQueries")
    void aQueryThatCannotBeDecodedIsRefused(String query) throws IOException {
        for (String route : List.of("GET /api/chats", "DELETE /api/auth/sessions", "POST /api/chats", "GET /api/no")) {
            RawAnswer answer = http.ask(route + "?" + query, token);

            assertRefused(answer, "query");
        }
        assertThat(http.ask("GET /api/chats", token).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"*/*", "application/*", "/", ";", "json", "a b/c"})
    void aTypeThatIsNoneOrManyIsRefused(String type) throws IOException {
        for (String origin : List.of("X: y", "Origin: https://evil.example.com")) {
            assertRefused(http.ask("GET /api/chats", token, origin, "Content-Type: " + type), "Content-Type");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {",", "*/*,", "q", "*/json;q=2"})
    void anAcceptThatCannotBeReadIsRefused(String accept) throws IOException {
        for (String route : List.of("GET /api/health", "GET /api/chats")) {
            RawAnswer answer = http.ask(route, token, "Accept: " + accept);

            assertThat(answer.status()).isEqualTo(406);
            assertThat(answer.assertProblem().code()).isEqualTo("not_acceptable");
        }
    }

    @Test
    void aBodyThatLooksLikeAFormIsStillABody() throws IOException {
        RawAnswer answer = http.ask(
                "POST /api/chats?",
                token,
                "Content-Type: application/x-www-form-urlencoded",
                "Content-Length: 13\r\n\r\n{\"id\":\"form\"}");

        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.json().path("chat").path("id").asString("")).isEqualTo("form");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "-1", "1, 2", "99999999999999999999"})
    void aLengthThatIsNoneIsRefused(String length) throws IOException {
        for (String route : List.of("GET /api/health", "POST /api/auth/guest", "POST /api/chat")) {
            assertThat(http.ask(route, token, "Content-Length: " + length).status())
                    .as(route)
                    .isEqualTo(400);
        }
    }

    static Stream<Arguments> brokenBodies() {
        String chunked = "Transfer-Encoding: chunked\r\n\r\n";
        return Stream.of(
                Arguments.of("cut", "Content-Length: 99\r\n\r\n{}"),
                Arguments.of("chunked, cut within a chunk", chunked + "99\r\n{}"),
                Arguments.of("chunked, without an end", chunked + "2\r\n{}\r\n"),
                Arguments.of("not chunked", chunked + "{}"),
                Arguments.of("chunked, with no such size", chunked + "zz\r\n{}\r\n0\r\n\r\n"),
                Arguments.of("chunked, with too large a size", chunked + "fffffffff\r\n{}\r\n0\r\n\r\n"),
                Arguments.of("chunked, with a wrong size", chunked + "1\r\n{}\r\n0\r\n\r\n"),
                Arguments.of("chunked, with a broken trailer", chunked + "2\r\n{}\r\n0\r\nfoo\r\n\r\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenBodies")
    void aBodyThatBreaksOffIsRefused(String what, String lengthAndBody) throws IOException {
        for (String route :
                List.of("POST /api/chat", "POST /api/chats", "PATCH /api/chats/c", "POST /api/chats/c/messages")) {
            for (String accept : List.of("*/*", "application/json", "text/event-stream")) {
                RawAnswer answer = http.ask(route, token, "Accept: " + accept, lengthAndBody);

                assertThat(answer.assertProblem().status()).as(route).isEqualTo(400);
                assertThat(answer.code()).as(route).isEqualTo("malformed_body");
            }
        }
    }

    private static void assertRefused(RawAnswer answer, String field) {
        assertThat(answer.assertProblem().status()).as(answer.body()).isEqualTo(400);
        assertThat(answer.code()).isEqualTo("malformed_request");
        assertThat(answer.field()).isEqualTo(field);
    }
}
