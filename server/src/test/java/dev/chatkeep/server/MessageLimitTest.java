package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.Ids;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a message may have, on both routes that take one.
class MessageLimitTest {

    private static final int LIMIT = 1 << 20;
    private static final int LIMIT_AS_SENT = 4 << 20;
    private static TestServer server;
    private static Api api;

    enum Route {
        ASK,
        WRITE
    }

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."));
        api = server.guest();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /// In one, two, three and four bytes of UTF-8.
    @ParameterizedTest
    @ValueSource(strings = {"x", "\u00e9", "\u6f22", "\ud83d\ude00"})
    void isCountedInBytesOfUtf8(String character) {
        int width = character.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
        int room = LIMIT - "[{\"type\":\"text\",\"text\":\"\"}][]".length();
        String most = character.repeat(room / width) + "x".repeat(room % width);
        for (Route route : Route.values()) {
            assertThat(send(route, "\"content\":\"" + most + "\"").status()).isEqualTo(200);
            assertTooLarge(route, "\"content\":\"" + most + "x\"");
        }
    }

    @ParameterizedTest
    @EnumSource
    void countsAttachmentsAndMetadata(Route route) {
        String half = "x".repeat(LIMIT / 2);
        assertThat(send(route, "\"content\":\"" + half + "\"").status()).isEqualTo(200);
        assertTooLarge(route, "\"content\":\"" + half + "\",\"attachments\":[\"" + half + "\"]");
        assertTooLarge(route, "\"content\":\"" + half + "\",\"metadata\":{\"a\":\"" + half + "\"}");
    }

    /// What a Python client escapes costs no more than what a JavaScript client does not.
    @ParameterizedTest
    @EnumSource
    void countsNeitherEscapesNorSpaces(Route route) {
        String escaped = "\\u6f22".repeat(LIMIT / 2 / 3);
        assertThat(send(route, "\"content\":\"" + escaped + "\"").status()).isEqualTo(200);
        assertThat(send(route, " ".repeat(LIMIT * 2) + "\"content\":\"x\"").status())
                .isEqualTo(200);
        assertTooLarge(route, "\"content\":\"" + "\\u6f22".repeat(LIMIT / 3) + "\"");
    }

    @Test
    void endsAtFourMebibytesAsSent() {
        assertTooLarge(Route.ASK, " ".repeat(LIMIT_AS_SENT) + "\"content\":\"x\"");
        Api.Answer answer = send(Route.WRITE, " ".repeat(LIMIT_AS_SENT) + "\"content\":\"x\"");
        assertThat(answer.status()).isEqualTo(413);
    }

    @ParameterizedTest
    @EnumSource
    void partsThatAreEmptyAreAsIfAbsentBesideContent(Route route) {
        for (String parts : new String[] {"[]", "null"}) {
            String chat = Ids.make();
            assertThat(send(route, chat, "\"parts\":" + parts + ",\"content\":\"hello\"")
                            .status())
                    .isEqualTo(200);
            assertThat(api.chat(chat)
                            .path("messages")
                            .get(0)
                            .path("parts")
                            .get(0)
                            .path("text")
                            .stringValue())
                    .isEqualTo("hello");
        }
        String chat = Ids.make();
        assertThat(send(route, chat, "\"content\":null,\"parts\":[{\"type\":\"text\",\"text\":\"part\"}]")
                        .status())
                .isEqualTo(200);
        assertThat(api.chat(chat)
                        .path("messages")
                        .get(0)
                        .path("parts")
                        .get(0)
                        .path("text")
                        .stringValue())
                .isEqualTo("part");
    }

    @ParameterizedTest
    @EnumSource
    void aMessageWithNeitherNamesWhatIsMissing(Route route) {
        assertInvalid(route, "\"parts\":[]", ".parts");
        assertInvalid(route, "\"parts\":null", ".parts");
        assertInvalid(route, "\"content\":null", ".parts");
        assertInvalid(route, "\"parts\":null,\"content\":null", ".parts");
        assertInvalid(route, "\"parts\":[],\"content\":null", ".parts");
        assertInvalid(route, "\"parts\":[],\"content\":\" \"", ".content");
        assertInvalid(route, "\"parts\":[],\"content\":7", ".content");
        assertInvalid(route, "\"parts\":{},\"content\":\"x\"", ".parts");
        assertInvalid(route, "\"parts\":\"\",\"content\":\"x\"", ".parts");
    }

    private static void assertTooLarge(Route route, String fields) {
        Api.Answer answer = send(route, fields);
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.code()).isEqualTo("too_large");
        assertThat(answer.field()).isEqualTo(field(route));
        assertThat(answer.text()).contains("1048576 bytes", "UTF-8");
    }

    private static void assertInvalid(Route route, String fields, String field) {
        Api.Answer answer = send(route, fields);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.field()).as(fields).isEqualTo(field(route) + field);
    }

    private static String field(Route route) {
        return route == Route.ASK ? "message" : "messages[0]";
    }

    private static Api.Answer send(Route route, String fields) {
        return send(route, Ids.make(), fields);
    }

    private static Api.Answer send(Route route, String chat, String fields) {
        String message = "{\"id\":\"m\",\"role\":\"user\"," + fields + "}";
        if (route == Route.ASK) {
            return api.post("/api/chat", "{\"id\":\"" + chat + "\",\"message\":" + message + "}");
        }
        api.post("/api/chats", "{\"id\":\"" + chat + "\"}");
        return api.post("/api/chats/" + chat + "/messages", "{\"messages\":[" + message + "]}");
    }
}
