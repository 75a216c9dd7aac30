package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A body is JSON in UTF-8, strictly, on every route and in every part of it.
class Utf8BodyTest {

    private static TestServer server;
    private static BodyRoutes routes;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."), "chatkeep.auth.domains=localhost");
        routes = BodyRoutes.of(server);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static void assertNotUtf8(RawAnswer answer, String what) {
        assertThat(answer.status()).as(what).isEqualTo(400);
        assertThat(answer.assertProblem().code()).as(what).isEqualTo("malformed_json");
        assertThat(answer.json().path("detail").asString("")).isEqualTo("The body is JSON in UTF-8.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16BE", "UTF-16LE", "UTF-32", "UTF-32BE", "UTF-32LE"})
    void anotherUnicodeFormIsRefused(String charset) throws IOException {
        for (BodyRoutes.Route route : BodyRoutes.all()) {
            assertNotUtf8(routes.send(route.line(), route.body().getBytes(Charset.forName(charset))), route.line());
        }
        assertThat(server.database().count("message")).isZero();
    }

    /// Latin-1, an overlong slash and letter, a surrogate and a pair of them, above U+10FFFF, cut off, NUL.
    @ParameterizedTest
    @ValueSource(
            strings = {"e4", "c0af", "c1a1", "e08191", "f0808181", "eda0bd", "eda0bdedb18b", "f4908080", "e6bc", "00"})
    void whatIsNotWellFormedIsRefused(String hex) throws IOException {
        String bad = new String(HexFormat.of().parseHex(hex), StandardCharsets.ISO_8859_1);
        for (BodyRoutes.Route route : BodyRoutes.all()) {
            byte[] body = route.body().replace("a\"", bad + "\"").getBytes(StandardCharsets.ISO_8859_1);
            if (route.body().contains("a\"")) {
                assertNotUtf8(routes.send(route.line(), body), route.line());
            }
        }
        String message = "{\"id\":\"%s\",\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"%s\"}]}";
        for (String turn : List.of(
                "{\"id\":\"u\",\"messages\":[" + message.formatted("m1", bad) + "," + message.formatted("m2", "a")
                        + "]}",
                "{\"id\":\"u\",\"messages\":[" + message.formatted("m1", "a") + "," + message.formatted("m2", bad)
                        + "]}",
                "{\"id\":\"u\",\"other\":{\"" + bad + "\":1},\"messages\":[" + message.formatted("m1", "a") + "]}",
                "{\"id\":\"u\",\"messages\":[" + message.formatted("m1", "a") + "]," + "\"other\":\""
                        + "x".repeat(100_000) + bad + "\"}")) {
            assertNotUtf8(routes.send("POST /api/chat", turn.getBytes(StandardCharsets.ISO_8859_1)), turn);
        }
        assertThat(server.database().count("message")).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json;charset=utf-16",
                "application/json; charset=ISO-8859-1",
                "application/json; Charset=\"UTF-32\"",
                "text/plain;charset=windows-1252",
                "application/json;charset=nonsense",
                "application/json; a=b; charset=latin1"
            })
    void anotherCharsetIsRefused(String type) throws IOException {
        for (BodyRoutes.Route route : BodyRoutes.all()) {
            RawAnswer answer =
                    routes.send(route.line(), route.body().getBytes(StandardCharsets.UTF_8), "Content-Type: " + type);

            assertThat(answer.status()).as(route.line()).isEqualTo(415);
            assertThat(answer.assertProblem().code()).isEqualTo("unsupported_media_type");
            assertThat(answer.field()).isEqualTo("Content-Type");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json;charset=utf-8",
                "application/json; charset=\"UTF-8\"",
                "application/json; CHARSET=us-ascii",
                "text/plain;charset=UTF8",
                "application/json"
            })
    void utf8ByAnyOfItsNamesIsRead(String type) throws IOException {
        byte[] body = "{\"title\":\"\u00e4\ud83d\udc4b\"}".getBytes(StandardCharsets.UTF_8);

        RawAnswer answer = routes.send("POST /api/chats", body, "Content-Type: " + type);

        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.json().path("chat").path("title").asString("")).isEqualTo("\u00e4\ud83d\udc4b");
    }

    @Test
    void aByteOrderMarkOfUtf8IsPassedOver() throws IOException {
        byte[] body = "\ufeff{\"title\":\"marked\"}".getBytes(StandardCharsets.UTF_8);

        assertThat(routes.send("POST /api/chats", body).status()).isEqualTo(201);
    }
}
