package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ChatApiTest {

    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void aGuestIsSignedInForThirtyDays() {
        Api.Answer answer = server.nobody().post("/api/auth/guest", "");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().path("success").booleanValue()).isTrue();
        assertThat(answer.json().path("sessionToken").stringValue())
                .startsWith("ck_")
                .hasSize(46);
        assertThat(answer.json().path("user").path("isGuest").booleanValue()).isTrue();
        assertThat(java.time.Instant.parse(answer.json().path("expiresAt").stringValue()))
                .isBetween(
                        java.time.Instant.now().plus(java.time.Duration.ofDays(29)),
                        java.time.Instant.now().plus(java.time.Duration.ofDays(30)));
        assertThat(server.database()
                        .sql()
                        .sql("select token_hash from chatkeep.session_token")
                        .query(String.class)
                        .list())
                .noneMatch(
                        hash -> hash.contains(answer.json().path("sessionToken").stringValue()));
    }

    @Test
    void theNewestChangeIsListedFirstWithTrueTotals() {
        Api api = server.guest();
        api.say("c1", "m1", "one");
        api.say("c2", "m1", "two");
        api.say("c3", "m1", "three");
        api.patch("/api/chats/c1", "{\"title\":\"again\"}");
        api.delete("/api/chats/c2");

        JsonNode list = api.get("/api/chats?includeStats=true").json();

        assertThat(ids(list.path("chats"))).containsExactly("c1", "c3");
        assertThat(list.path("pagination").path("total").intValue()).isEqualTo(2);
        assertThat(list.path("stats").toString())
                .isEqualTo("{\"totalChats\":3,\"activeChats\":2,\"deletedChats\":1,\"totalMessages\":4}");
        assertThat(api.get("/api/chats").json().has("stats")).isFalse();
    }

    @Test
    void cursorPagesTogetherAreTheWholeList() {
        Api api = server.guest();
        for (int i = 0; i < 7; i++) {
            api.say("chat" + i, "m1", "hello");
        }
        List<String> whole = ids(api.get("/api/chats").json().path("chats"));
        var paged = new ArrayList<String>();
        String cursor = "";
        do {
            JsonNode page = api.get("/api/chats?limit=3" + cursor).json();
            paged.addAll(ids(page.path("chats")));
            assertThat(page.path("pagination").path("total").intValue()).isEqualTo(7);
            cursor = page.path("pagination").has("nextCursor")
                    ? "&cursor=" + page.path("pagination").path("nextCursor").stringValue()
                    : "";
        } while (!cursor.isEmpty());

        assertThat(whole).hasSize(7);
        assertThat(paged).isEqualTo(whole);
        assertThat(ids(api.get("/api/chats?limit=3&offset=2").json().path("chats")))
                .isEqualTo(whole.subList(2, 5));
    }

    @Test
    void chatsOfOneMillisecondArePagedById() {
        Api api = server.guest();
        for (String id : List.of("b", "d", "a", "c")) {
            api.say(id, "m1", "hello");
        }
        server.database()
                .sql()
                .sql(
                        "update chatkeep.chat set updated_at = '2026-01-01T00:00:00.007Z' where id in ('a', 'b', 'c', 'd')")
                .update();

        JsonNode first = api.get("/api/chats?limit=2").json();
        JsonNode second = api.get("/api/chats?limit=2&cursor="
                        + first.path("pagination").path("nextCursor").stringValue())
                .json();

        assertThat(ids(first.path("chats"))).containsExactly("a", "b");
        assertThat(ids(second.path("chats"))).containsExactly("c", "d");
        assertThat(second.path("pagination").has("nextCursor")).isFalse();
    }

    @Test
    void theNewestMessagesAreReachableInOneCall() {
        Api api = server.guest();
        for (int i = 0; i < 5; i++) {
            api.say("long", "m" + i, "message " + i);
        }

        JsonNode newest = api.get("/api/chats/long?order=desc&messageLimit=3").json();
        JsonNode middle =
                api.get("/api/chats/long?messageLimit=2&messageOffset=4").json();
        JsonNode middleFromNewest = api.get("/api/chats/long?order=desc&messageLimit=2&messageOffset=1")
                .json();

        assertThat(texts(newest)).containsExactly("Hi.", "message 4", "Hi.");
        assertThat(newest.path("pagination").path("total").intValue()).isEqualTo(10);
        assertThat(texts(middle)).containsExactly("message 2", "Hi.");
        assertThat(texts(middleFromNewest)).containsExactly("message 4", "Hi.");
        assertThat(texts(api.get("/api/chats/long?messageOffset=10").json())).isEmpty();
        assertThat(texts(api.get("/api/chats/long?order=desc&messageOffset=9").json()))
                .containsExactly("message 0");
    }

    /// A list of 200 chats brings all of theirs.
    @Test
    void aContextHasAtMost64KiB() {
        Api api = server.guest();
        api.post("/api/chats", "{\"id\":\"c\"}");
        String largest = "x".repeat((64 << 10) - 2);

        assertThat(api.patch("/api/chats/c", "{\"lastContext\":\"" + largest + "\"}")
                        .status())
                .isEqualTo(200);
        Api.Answer refused = api.patch("/api/chats/c", "{\"lastContext\":\"" + largest + "x\"}");
        assertThat(refused.status()).isEqualTo(413);
        assertThat(refused.json().path("field").stringValue()).isEqualTo("lastContext");
        assertThat(api.post("/api/chats", "{\"id\":\"d\",\"lastContext\":\"" + largest + "x\"}")
                        .status())
                .isEqualTo(413);
    }

    @Test
    void aPatchChangesWhatItNamesAndClearsWithNull() {
        Api api = server.guest();
        api.say("c", "m", "hello");

        JsonNode chat = api.patch("/api/chats/c", """
                        {"title":" Größe 😀 ","modelId":"other","sandboxId":"s1","visibility":"public",
                         "lastContext":{"b":[1,2.50,null],"a":"\\u0000"}}""").json().path("chat");

        assertThat(chat.path("title").stringValue()).isEqualTo(" Größe 😀 ");
        assertThat(chat.path("modelId").stringValue()).isEqualTo("other");
        assertThat(chat.path("sandboxId").stringValue()).isEqualTo("s1");
        assertThat(chat.path("visibility").stringValue()).isEqualTo("public");
        assertThat(chat.path("lastContext").path("a").stringValue()).isEqualTo("\uFFFD");
        assertThat(chat.path("lastContext").path("b").get(1).decimalValue()).isEqualTo("2.50");
        JsonNode cleared = api.patch("/api/chats/c", "{\"sandboxId\":null,\"lastContext\":null}")
                .json()
                .path("chat");
        assertThat(cleared.has("sandboxId")).isFalse();
        assertThat(cleared.has("lastContext")).isFalse();
        assertThat(cleared.path("modelId").stringValue()).isEqualTo("other");
        assertThat(api.chat("c").path("chat")).isEqualTo(cleared);
    }

    @Test
    void aTitleTheUserSetIsNeverOverwritten() {
        Api api = server.guest();
        api.say("c", "m1", "  What   is\n a \"lease\"?  ");
        assertThat(api.chat("c").path("chat").path("title").stringValue()).isEqualTo("What is a \"lease\"?");
        api.patch("/api/chats/c", "{\"title\":\"Mine\"}");

        api.say("c", "m2", "And an epoch?");

        assertThat(api.chat("c").path("chat").path("title").stringValue()).isEqualTo("Mine");
    }

    @Test
    void aDeletedChatIsGoneForItsOwnerUntilRestored() {
        Api api = server.guest();
        api.say("c", "m1", "hello");

        Api.Answer deleted = api.delete("/api/chats/c");

        assertThat(deleted.text()).isEqualTo("{\"success\":true,\"message\":\"Chat deleted successfully\"}");
        assertThat(api.delete("/api/chats/c").text()).isEqualTo(deleted.text());
        assertThat(api.get("/api/chats?includeStats=true")
                        .json()
                        .path("stats")
                        .path("totalMessages")
                        .intValue())
                .isZero();
        for (Api.Answer gone : List.of(
                api.get("/api/chats/c"),
                api.patch("/api/chats/c", "{\"title\":\"x\"}"),
                api.post("/api/chat", Api.turn("c", "m2", "still there?")))) {
            assertThat(gone.status()).isEqualTo(410);
            assertThat(gone.code()).isEqualTo("chat_deleted");
            assertThat(gone.json().path("detail").stringValue()).contains("POST /api/chats/c/restore");
        }
        assertThat(api.post("/api/chats/c/restore", "")
                        .json()
                        .path("chat")
                        .path("isDeleted")
                        .booleanValue())
                .isFalse();
        assertThat(api.post("/api/chats/c/restore", "").status()).isEqualTo(200);
        assertThat(api.chat("c").path("messages")).hasSize(2);
        assertThat(api.get("/api/chats?includeStats=true").json().path("stats").toString())
                .isEqualTo("{\"totalChats\":1,\"activeChats\":1,\"deletedChats\":0,\"totalMessages\":2}");
    }

    @Test
    void theModelsAreListedWithoutTheirPrompts() {
        Api.Answer answer = server.nobody().get("/api/models");

        assertThat(answer.json().path("defaultModelId").stringValue()).isEqualTo("test");
        assertThat(answer.json().path("models").get(0).path("id").stringValue()).isEqualTo("test");
        assertThat(answer.text()).doesNotContain("Be brief");
    }

    @Test
    void healthIsUpWithTheDatabase() {
        assertThat(server.nobody().get("/api/health").json().path("status").stringValue())
                .isEqualTo("UP");
    }

    private static List<String> ids(JsonNode rows) {
        return rows.valueStream().map(row -> row.path("id").stringValue()).toList();
    }

    private static List<String> texts(JsonNode history) {
        return history.path("messages")
                .valueStream()
                .map(message -> message.path("parts")
                        .valueStream()
                        .filter(part -> part.has("text"))
                        .findFirst()
                        .orElseThrow()
                        .path("text")
                        .stringValue())
                .toList();
    }
}
