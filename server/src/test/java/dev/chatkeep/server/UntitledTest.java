package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Chats whose messages give them no title, and titles whose words are interspersed with what is not seen.
class UntitledTest {

    private static TestServer server;
    private Api api;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void guest() {
        api = server.guest();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u200b",
                "\u2060",
                "\u3164",
                "\ufe0f",
                "\u00ad",
                "\u115f",
                "\u1160",
                "\uffa0",
                "\u180e",
                "\u2800",
                "\u202e",
                "\udb40\udc67",
                "\u0301"
            })
    void invisibleTextTitlesNothingSoTheNextMessageDoes(String invisible) {
        api.say("asked", "m1", invisible);
        assertUntitled("asked");
        api.say("asked", "m2", "# **What** is [this](x)?");
        assertTitled("asked", "What is this?");

        api.post("/api/chats", "{\"id\":\"written\"}");
        write("written", invisible);
        assertUntitled("written");
        write("written", "Hello");
        assertTitled("written", "Hello");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u200b", "\u3164 \ufe0f", "\u0301", "\u2800"})
    void anInvisibleTitleIsRefused(String invisible) {
        api.say("mine", "m1", "Hello");
        String body = Json.MAPPER.writeValueAsString(Map.of("title", invisible));

        for (Api.Answer answer : new Api.Answer[] {api.patch("/api/chats/mine", body), api.post("/api/chats", body)}) {
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.field()).isEqualTo("title");
        }
        assertThat(api.patch("/api/auth/user", Json.MAPPER.writeValueAsString(Map.of("displayName", invisible)))
                        .field())
                .isEqualTo("displayName");
        assertTitled("mine", "Hello");
    }

    @Test
    void anUntitledChatIsToldFromOneThatIsCalledNewChat() {
        api.post("/api/chats", "{\"id\":\"untitled\"}");
        api.post("/api/chats", "{\"id\":\"named\",\"title\":\"New chat\"}");
        api.say("asked", "m1", "New chat");

        assertUntitled("untitled");
        assertTitled("named", "New chat");
        assertTitled("asked", "New chat");
        JsonNode list = api.get("/api/chats").json().path("chats");
        assertThat(list).hasSize(3).allSatisfy(chat -> {
            assertThat(chat.path("title").stringValue()).isEqualTo("New chat");
            assertThat(chat.path("isUntitled").booleanValue())
                    .isEqualTo(chat.path("id").stringValue().equals("untitled"));
        });
        api.patch("/api/chats/untitled", "{\"title\":\"New chat\"}");
        assertTitled("untitled", "New chat");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "soft\u00adware",
                "soft\u200dware",
                "soft\u200cware",
                "soft\u034fware",
                "soft\u200eware",
                "soft\u2060ware",
                "soft\u200bware",
                "\u202bsoftware\u202c",
                "\ufeffsoftware",
                "so\u0301ftware",
                "soft\ufe0fware"
            })
    void whatIsNotSeenHidesNoWordFromSearch(String word) {
        api.post("/api/chats", Json.MAPPER.writeValueAsString(Map.of("id", "hidden", "title", "The " + word)));
        api.post("/api/chats", "{\"id\":\"plain\",\"title\":\"The software\"}");

        for (String search : new String[] {"software", "softw", word}) {
            assertThat(api.get("/api/chats?search=" + URLEncoder.encode(search, StandardCharsets.UTF_8))
                            .json()
                            .path("chats"))
                    .as(search)
                    .hasSize(2);
        }
    }

    @Test
    void anInvisibleSearchIsNone() {
        api.say("mine", "m1", "Hello");
        assertThat(api.get("/api/chats?search=%E2%80%8B").json().path("chats")).hasSize(1);
    }

    private void write(String chat, String text) {
        Api.Answer answer = api.post(
                "/api/chats/" + chat + "/messages",
                "{\"messages\":[{\"role\":\"user\",\"content\":" + Json.MAPPER.writeValueAsString(text) + "}]}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }

    private void assertUntitled(String chat) {
        JsonNode read = api.chat(chat).path("chat");
        assertThat(read.path("title").stringValue()).isEqualTo("New chat");
        assertThat(read.path("isUntitled").booleanValue()).isTrue();
    }

    private void assertTitled(String chat, String title) {
        JsonNode read = api.chat(chat).path("chat");
        assertThat(read.path("title").stringValue()).isEqualTo(title);
        assertThat(read.path("isUntitled").booleanValue()).isFalse();
    }
}
