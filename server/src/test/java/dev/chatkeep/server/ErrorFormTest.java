package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Whoever refuses a request, the container, the framework or the API, says so in one form.
class ErrorFormTest {

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

    @ParameterizedTest
    @CsvSource({
        "TRACE /api/chats, 405, method_not_allowed, ''",
        "TRACE /elsewhere, 405, method_not_allowed, ''",
        "PROPFIND /api/chats, 405, method_not_allowed, ''",
        "FOO /elsewhere, 405, method_not_allowed, ''",
        "POST /api/health, 405, method_not_allowed, ''",
        "PUT /api/chats, 404, no_such_route, ''",
        "GET /elsewhere, 404, not_found, ''",
        "GET /api/health/elsewhere, 404, not_found, ''",
        "GET /api/chats/a%2Fb, 400, malformed_request, url",
        "GET /api/chats/a;b, 400, malformed_request, url",
        "GET /elsewhere;b, 400, malformed_request, url"
    })
    void aRefusalIsAProblem(String line, int status, String code, String field) throws IOException {
        RawAnswer answer = http.ask(line, token);

        assertRefused(answer, status, code, field);
        assertThat(http.ask(line, token, "Accept: text/event-stream")
                        .assertProblem()
                        .status())
                .isBetween(400, 499);
    }

    @Test
    void whatCannotBeAnsweredAsAskedIsAProblem() throws IOException {
        assertRefused(http.ask("GET /api/health", "Accept: text/csv"), 406, "not_acceptable", "");
        assertRefused(http.ask("GET /api/chats", "Accept: text/csv", token), 406, "not_acceptable", "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes=0-9", "bytes=99999999-", "bytes=9-0", "nonsense"})
    void theDescriptionIsAnsweredWholeWhateverRangeIsAskedFor(String range) throws IOException {
        RawAnswer answer = http.ask("GET /api/openapi.json", "Range: " + range);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().path("openapi").asString("")).isEqualTo("3.1.0");
    }

    @Test
    void aMethodThatIsNotAllowedIsToldWhichAre() throws IOException {
        assertThat(http.ask("PROPFIND /api/chats", token).headers().get("Allow"))
                .contains("GET", "PATCH");
        assertThat(http.ask("POST /api/health", token).headers().get("Allow")).contains("GET");
    }

    @ParameterizedTest
    @CsvSource({"/elsewhere, 404", "/api/health/elsewhere, 404", "/api/chats/a%2Fb, 400", "/api/chats?limit=0, 400"})
    void aHeadHasTheSameStatusAndNoBody(String path, int status) throws IOException {
        RawAnswer answer = http.ask("HEAD " + path, token);

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.body()).isEmpty();
    }

    private static void assertRefused(RawAnswer answer, int status, String code, String field) {
        assertThat(answer.assertProblem().status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.code()).isEqualTo(code);
        assertThat(answer.field()).isEqualTo(field);
    }
}
