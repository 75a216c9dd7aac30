package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BadInputTest {

    private static final String TEXT = "{\"type\":\"text\",\"text\":\"hi\"}";
    private static TestServer server;
    private static Api api;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."));
        api = server.guest();
        api.say("mine", "m", "hello");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<Arguments> turns() {
        String deep = "[".repeat(63) + "]".repeat(63);
        return Stream.of(
                turn("malformed JSON", "{\"id\":\"c\",", 400, "malformed_json", ""),
                turn("no JSON at all", "hello", 400, "malformed_json", ""),
                turn("an empty body", "", 400, "malformed_json", ""),
                turn("not an object", "[]", 400, "malformed_json", ""),
                turn("more behind the end", "{} {}", 400, "malformed_json", ""),
                turn("nothing said", "{}", 400, "invalid_field", "messages"),
                turn("messages of another type", "{\"messages\":\"hi\"}", 400, "invalid_field", "messages"),
                turn("no messages", "{\"messages\":[]}", 400, "invalid_field", "messages"),
                turn("a message of another type", "{\"messages\":[7]}", 400, "invalid_field", "messages[0]"),
                turn("id of another type", "{\"id\":7," + message(TEXT), 400, "invalid_field", "id"),
                turn("id with a slash", "{\"id\":\"a/b\"," + message(TEXT), 400, "invalid_field", "id"),
                turn("id with dots", "{\"id\":\"..\"," + message(TEXT), 400, "invalid_field", "id"),
                turn("id with NUL", "{\"id\":\"a\\u0000\"," + message(TEXT), 400, "invalid_field", "id"),
                turn("id too long", "{\"id\":\"" + "x".repeat(65) + "\"," + message(TEXT), 400, "invalid_field", "id"),
                turn("empty id", "{\"id\":\"\"," + message(TEXT), 400, "invalid_field", "id"),
                turn("chatId too", "{\"chatId\":\"a b\"," + message(TEXT), 400, "invalid_field", "chatId"),
                turn("unknown model", "{\"model\":\"gpt-99\"," + message(TEXT), 400, "unknown_model", "model"),
                turn("unknown modelId", "{\"modelId\":\"gpt-99\"," + message(TEXT), 400, "unknown_model", "modelId"),
                turn(
                        "no such effort",
                        "{\"reasoningEffort\":\"max\"," + message(TEXT),
                        400,
                        "invalid_field",
                        "reasoningEffort"),
                turn("no such trigger", "{\"trigger\":\"x\"," + message(TEXT), 400, "unsupported_trigger", "trigger"),
                turn(
                        "sandbox id too long",
                        "{\"sandboxId\":\"" + "x".repeat(129) + "\"," + message(TEXT),
                        400,
                        "invalid_field",
                        "sandboxId"),
                turn(
                        "no parts",
                        "{\"message\":{\"id\":\"m\",\"role\":\"user\"}}",
                        400,
                        "invalid_field",
                        "message.parts"),
                turn("empty parts", "{" + message(""), 400, "invalid_field", "message.parts"),
                turn(
                        "parts of another type",
                        "{\"message\":{\"role\":\"user\",\"parts\":{}}}",
                        400,
                        "invalid_field",
                        "message.parts"),
                turn("a part of another type", "{" + message("7"), 400, "invalid_field", "message.parts[0]"),
                turn(
                        "a part without type",
                        "{" + message("{\"text\":\"x\"}"),
                        400,
                        "invalid_field",
                        "message.parts[0].type"),
                turn(
                        "a text part without text",
                        "{" + message("{\"type\":\"text\"}"),
                        400,
                        "invalid_field",
                        "message.parts[0].text"),
                turn(
                        "a file part without url",
                        "{" + message("{\"type\":\"file\",\"mediaType\":\"a/b\"}"),
                        400,
                        "invalid_field",
                        "message.parts[0].url"),
                turn(
                        "an empty message",
                        "{" + message("{\"type\":\"text\",\"text\":\" \\n \"}"),
                        400,
                        "invalid_field",
                        "message.parts"),
                turn(
                        "257 parts",
                        "{" + message(TEXT + ("," + TEXT).repeat(256)),
                        400,
                        "invalid_field",
                        "message.parts"),
                turn(
                        "nesting 65",
                        "{" + message("{\"type\":\"data-x\",\"data\":" + deep + "}"),
                        400,
                        "invalid_field",
                        "message"),
                turn(
                        "a lone surrogate",
                        "{" + message("{\"type\":\"text\",\"text\":\"a\\ud800b\"}"),
                        400,
                        "invalid_field",
                        "message.parts[0].text"),
                turn(
                        "a number beyond all",
                        "{" + message(TEXT + ",{\"type\":\"data-x\",\"data\":1e999}"),
                        400,
                        "invalid_field",
                        "message.parts[1].data"),
                turn(
                        "role system",
                        "{\"messages\":[{\"id\":\"m\",\"role\":\"system\",\"parts\":[" + TEXT + "]}]}",
                        400,
                        "invalid_field",
                        "messages[0].role"),
                turn(
                        "role assistant",
                        "{\"message\":{\"id\":\"m\",\"role\":\"assistant\",\"parts\":[" + TEXT + "]}}",
                        400,
                        "invalid_field",
                        "message.role"),
                turn(
                        "message id with a slash",
                        "{\"message\":{\"id\":\"a/b\",\"role\":\"user\",\"parts\":[" + TEXT + "]}}",
                        400,
                        "invalid_field",
                        "message.id"),
                turn(
                        "metadata of another type",
                        "{\"message\":{\"role\":\"user\",\"metadata\":7,\"parts\":[" + TEXT + "]}}",
                        400,
                        "invalid_field",
                        "message.metadata"),
                turn(
                        "a last message of 2 MiB",
                        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":" + "\"user\",\"content\":\""
                                + "x".repeat(2 << 20) + "\"}]}",
                        413,
                        "too_large",
                        "messages[1]"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("turns")
    void aTurnIsRefusedNamingTheFieldAndNothingIsStored(
            String what, String body, int status, String code, String field) {
        long chats = server.database().count("chat");

        Api.Answer answer = api.post("/api/chat", body);

        assertRefused(answer, status, code, field);
        assertThat(server.database().count("chat")).isEqualTo(chats);
        assertThat(server.database().count("message")).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        "limit=0, limit",
        "limit=201, limit",
        "limit=abc, limit",
        "limit=-1, limit",
        "limit=1.5, limit",
        "limit=, limit",
        "offset=-5, offset",
        "offset=10001, offset",
        "offset=x, offset",
        "limit=99999999999999999999, limit",
        "cursor=nonsense, cursor",
        "cursor=%00, cursor",
        "includeStats=maybe, includeStats"
    })
    void aListIsRefusedNamingTheParameter(String query, String field) {
        assertRefused(api.get("/api/chats?" + query), 400, "invalid_field", field);
    }

    @ParameterizedTest
    @CsvSource({
        "messageLimit=0, messageLimit", "messageLimit=201, messageLimit", "messageLimit=abc, messageLimit",
        "messageOffset=-5, messageOffset", "messageOffset=10001, messageOffset", "order=up, order"
    })
    void aPageOfMessagesIsRefusedNamingTheParameter(String query, String field) {
        assertRefused(api.get("/api/chats/mine?" + query), 400, "invalid_field", field);
    }

    @Test
    void anOffsetTooFarNamesTheCursor() {
        assertThat(api.get("/api/chats?offset=10001").text()).contains("cursor");
    }

    static Stream<Arguments> patches() {
        return Stream.of(
                turn("malformed", "{", 400, "malformed_json", ""),
                turn("nothing", "{}", 400, "empty_patch", ""),
                turn("not an object", "7", 400, "malformed_json", ""),
                turn("an unknown field", "{\"title\":\"x\",\"titel\":\"y\"}", 400, "invalid_field", "titel"),
                turn("what is the server's", "{\"userId\":\"x\"}", 400, "invalid_field", "userId"),
                turn("a title of another type", "{\"title\":7}", 400, "invalid_field", "title"),
                turn("no title", "{\"title\":null}", 400, "invalid_field", "title"),
                turn("a blank title", "{\"title\":\" \"}", 400, "invalid_field", "title"),
                turn("a long title", "{\"title\":\"" + "x".repeat(256) + "\"}", 400, "invalid_field", "title"),
                turn("a long model", "{\"modelId\":\"" + "x".repeat(65) + "\"}", 400, "invalid_field", "modelId"),
                turn(
                        "a long sandbox",
                        "{\"sandboxId\":\"" + "x".repeat(129) + "\"}",
                        400,
                        "invalid_field",
                        "sandboxId"),
                turn("no such visibility", "{\"visibility\":\"secret\"}", 400, "invalid_field", "visibility"),
                turn("half a pair", "{\"lastContext\":{\"a\":\"\\udc00\"}}", 400, "invalid_field", "lastContext.a"),
                turn("too large", "{\"title\":\"" + "x".repeat(1 << 20) + "\"}", 413, "too_large", ""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("patches")
    void aPatchIsRefusedNamingTheFieldAndNothingChanges(
            String what, String body, int status, String code, String field) {
        String before = api.chat("mine").toString();

        assertRefused(api.patch("/api/chats/mine", body), status, code, field);

        assertThat(api.chat("mine").toString()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource({"a%2Fb", "a%00b", "a%20b", "'%2e%2e%2fx'", "'" + LONG_ID + "'", "a%C3%A4"})
    void anImpossibleIdInThePathIsRefused(String id) {
        Api.Answer answer = api.get("/api/chats/" + id);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.code()).isIn("invalid_field", "malformed_request");
        assertThat(answer.field()).isIn("id", "url");
    }

    private static final String LONG_ID = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

    @Test
    void aRouteThatIsNotThereIsAProblemToo() {
        assertRefused(api.get("/api/nothing"), 404, "no_such_route", "");
        assertRefused(api.post("/api/chats/mine", "{}"), 404, "no_such_route", "");
    }

    private static void assertRefused(Api.Answer answer, int status, String code, String field) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.code()).isEqualTo(code);
        assertThat(answer.field()).isEqualTo(field);
        assertThat(answer.json().path("success").booleanValue()).isFalse();
        assertThat(answer.json().path("error").stringValue()).isNotBlank();
        assertThat(answer.text().length()).isLessThan(1_000);
    }

    private static Arguments turn(String what, String body, int status, String code, String field) {
        return Arguments.of(what, body, status, code, field);
    }

    private static String message(String parts) {
        return "\"message\":{\"id\":\"m9\",\"role\":\"user\",\"parts\":[" + parts + "]}}";
    }
}
