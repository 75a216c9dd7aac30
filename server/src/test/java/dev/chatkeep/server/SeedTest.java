package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The 23 tests that the seed names, under its names and in its order.
class SeedTest {

    private static TestServer server;
    private Api user1;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi there!"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void signIn() {
        user1 = server.guest();
    }

    @Test
    @DisplayName("Create new chat")
    void createNewChat() {
        Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);

        Api.Answer answer = user1.post("/api/chats", "{\"title\":\"Test Chat\",\"modelId\":\"gpt-4\"}");

        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
        assertThat(answer.json().path("success").booleanValue()).isTrue();
        JsonNode chat = answer.json().path("chat");
        assertThat(chat.path("title").stringValue()).isEqualTo("Test Chat");
        assertThat(chat.path("modelId").stringValue()).isEqualTo("gpt-4");
        assertThat(chat.path("visibility").stringValue()).isEqualTo("private");
        assertThat(chat.path("isDeleted").booleanValue()).isFalse();
        assertThat(Instant.parse(chat.path("createdAt").stringValue())).isBetween(before, Instant.now());
        assertThat(time(chat, "updatedAt")).isBetween(time(chat, "createdAt"), Instant.now());
        Map<String, @Nullable Object> row = row(chat.path("id").stringValue());
        assertThat(row).containsEntry("title", "Test Chat").containsEntry("model_id", "gpt-4");
        assertThat(row.get("user_id")).hasToString(chat.path("userId").stringValue());
    }

    @Test
    @DisplayName("Create chat with sandbox ID")
    void createChatWithSandboxId() {
        String id = create("{\"title\":\"Sandbox Chat\",\"sandboxId\":\"sandbox_123\"}");

        assertThat(chat(user1, id).path("sandboxId").stringValue()).isEqualTo("sandbox_123");
        assertThat(row(id)).containsEntry("sandbox_id", "sandbox_123");
    }

    @Test
    @DisplayName("Get chat by ID")
    void getChatById() {
        JsonNode created = user1.post("/api/chats", "{\"title\":\"Found\",\"lastContext\":{\"cwd\":\"/app\"}}")
                .json()
                .path("chat");

        assertThat(chat(user1, created.path("id").stringValue())).isEqualTo(created);
        assertThat(user1.get("/api/chats/missing").status()).isEqualTo(404);
    }

    @Test
    @DisplayName("Get chats by user")
    void getChatsByUser() {
        create("{\"id\":\"first\"}");
        create("{\"id\":\"second\"}");
        server.guest().post("/api/chats", "{\"id\":\"of-another\"}");

        assertThat(list("/api/chats")).containsExactlyInAnyOrder("first", "second");
    }

    @Test
    @DisplayName("Get chats with pagination")
    void getChatsWithPagination() {
        for (int i = 0; i < 5; i++) {
            create("{\"id\":\"c" + i + "\"}");
        }
        List<String> whole = list("/api/chats");

        JsonNode page = user1.get("/api/chats?limit=2&offset=1").json();

        assertThat(ids(page.path("chats"))).isEqualTo(whole.subList(1, 3));
        assertThat(page.path("pagination").path("limit").intValue()).isEqualTo(2);
        assertThat(page.path("pagination").path("offset").intValue()).isEqualTo(1);
        assertThat(page.path("pagination").path("total").intValue()).isEqualTo(5);
        assertThat(list("/api/chats?limit=2&offset=4")).isEqualTo(whole.subList(4, 5));
        assertThat(user1.get("/api/chats")
                        .json()
                        .path("pagination")
                        .path("limit")
                        .intValue())
                .isEqualTo(50);
    }

    @Test
    @DisplayName("Update chat title")
    void updateChatTitle() {
        String id = create("{\"title\":\"Before\",\"modelId\":\"gpt-4\"}");

        JsonNode answer =
                user1.patch("/api/chats/" + id, "{\"title\":\"After\"}").json();

        assertThat(answer.path("success").booleanValue()).isTrue();
        assertThat(answer.path("chat").path("title").stringValue()).isEqualTo("After");
        assertThat(row(id)).containsEntry("title", "After").containsEntry("model_id", "gpt-4");
    }

    @Test
    @DisplayName("Update chat details")
    void updateChatDetails() throws InterruptedException {
        String id = create("{\"title\":\"Before\"}");
        JsonNode before = chat(user1, id);
        Thread.sleep(5);

        user1.patch("/api/chats/" + id, """
                {"title":"Updated Title","modelId":"gpt-4-turbo","sandboxId":"sandbox_456","visibility":"public",
                 "lastContext":{"files":["a.ts"]}}""");

        JsonNode after = chat(user1, id);
        assertThat(after.path("title").stringValue()).isEqualTo("Updated Title");
        assertThat(after.path("modelId").stringValue()).isEqualTo("gpt-4-turbo");
        assertThat(after.path("sandboxId").stringValue()).isEqualTo("sandbox_456");
        assertThat(after.path("visibility").stringValue()).isEqualTo("public");
        assertThat(after.path("lastContext").toString()).isEqualTo("{\"files\":[\"a.ts\"]}");
        assertThat(after.path("createdAt")).isEqualTo(before.path("createdAt"));
        assertThat(time(after, "updatedAt")).isAfter(time(before, "updatedAt"));
    }

    @Test
    @DisplayName("Save user message")
    void saveUserMessage() {
        String id = create("{}");

        append(id, message("u1", "user", "Hello!"));

        JsonNode saved = user1.get("/api/chats/" + id + "/messages/u1").json().path("message");
        assertThat(saved.path("role").stringValue()).isEqualTo("user");
        assertThat(saved.path("parts").toString()).isEqualTo("[{\"text\":\"Hello!\",\"type\":\"text\"}]");
        assertThat(saved.path("attachments").toString()).isEqualTo("[]");
        assertThat(saved.path("status").stringValue()).isEqualTo("complete");
        assertThat(server.database()
                        .sql()
                        .sql("select role from chatkeep.message where chat_id = :chat and id = 'u1'")
                        .param("chat", id)
                        .query(String.class)
                        .single())
                .isEqualTo("user");
    }

    @Test
    @DisplayName("Save assistant message with metadata")
    void saveAssistantMessageWithMetadata() {
        user1.post("/api/chat", """
                {"id":"c","modelId":"test","reasoningEffort":"medium",
                 "message":{"id":"u1","role":"user","parts":[{"type":"text","text":"Hello!"}]}}""");

        JsonNode answer = user1.chat("c").path("messages").get(1);

        assertThat(answer.path("role").stringValue()).isEqualTo("assistant");
        assertThat(answer.path("status").stringValue()).isEqualTo("complete");
        assertThat(answer.path("parts").toString()).contains("Hi there!");
        JsonNode metadata = answer.path("metadata");
        assertThat(metadata.path("modelId").stringValue()).isEqualTo("test");
        assertThat(metadata.path("reasoningEffort").stringValue()).isEqualTo("medium");
        assertThat(metadata.path("tokens")).isEqualTo(Json.MAPPER.readTree("{\"input\":3,\"output\":5,\"total\":8}"));
        assertThat(metadata.path("finishReason").stringValue()).isEqualTo("stop");
        assertThat(metadata.path("streamDuration").isIntegralNumber()).isTrue();
        assertThat(user1.get("/api/chats/c/messages/" + answer.path("id").stringValue())
                        .json()
                        .path("message"))
                .isEqualTo(answer);
    }

    @Test
    @DisplayName("Get chat messages")
    void getChatMessages() {
        String id = create("{}");
        append(id, message("u1", "user", "Hello!"), message("a1", "assistant", "Hi there!"));

        JsonNode answer = user1.get("/api/chats/" + id + "/messages").json();

        assertThat(answer.path("success").booleanValue()).isTrue();
        assertThat(ids(answer.path("messages"))).containsExactly("u1", "a1");
        assertThat(answer.path("messages")
                        .get(1)
                        .path("parts")
                        .get(0)
                        .path("text")
                        .stringValue())
                .isEqualTo("Hi there!");
    }

    @Test
    @DisplayName("Get messages with pagination")
    void getMessagesWithPagination() {
        String id = create("{}");
        for (int i = 1; i <= 5; i++) {
            append(id, message("m" + i, "user", "message " + i));
        }

        JsonNode page = user1.get("/api/chats/" + id + "?messageLimit=2&messageOffset=1")
                .json();

        assertThat(ids(page.path("messages"))).containsExactly("m2", "m3");
        assertThat(page.path("pagination").path("limit").intValue()).isEqualTo(2);
        assertThat(page.path("pagination").path("offset").intValue()).isEqualTo(1);
        assertThat(page.path("pagination").path("total").intValue()).isEqualTo(5);
        assertThat(ids(user1.get("/api/chats/" + id + "/messages?limit=2&order=desc")
                        .json()
                        .path("messages")))
                .containsExactly("m5", "m4");
    }

    @Test
    @DisplayName("Count chat messages")
    void countChatMessages() {
        String id = create("{}");
        append(id, message("m1", "user", "one"), message("m2", "assistant", "two"), message("m3", "user", "three"));

        JsonNode total = user1.get("/api/chats/" + id + "/messages?limit=1")
                .json()
                .path("pagination")
                .path("total");

        assertThat(total.isIntegralNumber()).isTrue();
        assertThat(total.intValue()).isEqualTo(3);
    }

    @Test
    @DisplayName("Get chat with messages")
    void getChatWithMessages() {
        String id = create("{\"title\":\"Both\"}");
        append(id, message("m1", "user", "one"), message("m2", "assistant", "two"));

        JsonNode answer = user1.get("/api/chats/" + id).json();

        assertThat(answer.path("chat").path("title").stringValue()).isEqualTo("Both");
        assertThat(ids(answer.path("messages"))).containsExactly("m1", "m2");
        assertThat(answer.path("pagination").path("limit").intValue()).isEqualTo(100);
    }

    @Test
    @DisplayName("Search chats by title")
    void searchChatsByTitle() {
        create("{\"id\":\"project\",\"title\":\"My Awesome Project\"}");
        create("{\"id\":\"other\",\"title\":\"Something else\"}");

        JsonNode found = user1.get("/api/chats?search=project").json();

        assertThat(ids(found.path("chats"))).containsExactly("project");
        assertThat(found.path("pagination").path("total").intValue()).isEqualTo(1);
    }

    @Test
    @DisplayName("Get recent chats")
    void getRecentChats() {
        create("{\"id\":\"recent-1\"}");
        create("{\"id\":\"a-day-ago\"}");
        server.database()
                .sql()
                .sql("update chatkeep.chat set updated_at = :time where id = 'a-day-ago'")
                .param("time", OffsetDateTime.now(ZoneOffset.UTC).minusHours(24).minusMinutes(1))
                .update();

        assertThat(list("/api/chats/recent")).containsExactly("recent-1");
    }

    @Test
    @DisplayName("Get user chat count")
    void getUserChatCount() {
        create("{\"id\":\"c1\"}");
        create("{\"id\":\"c2\"}");
        create("{\"id\":\"c3\"}");
        user1.delete("/api/chats/c3");

        JsonNode total =
                user1.get("/api/chats?limit=1").json().path("pagination").path("total");

        assertThat(total.isIntegralNumber()).isTrue();
        assertThat(total.intValue()).isEqualTo(2);
    }

    @Test
    @DisplayName("Get user chat statistics")
    void getUserChatStatistics() {
        create("{\"id\":\"c1\"}");
        create("{\"id\":\"c2\"}");
        create("{\"id\":\"c3\"}");
        append("c1", message("m1", "user", "one"), message("m2", "assistant", "two"));
        append("c3", message("m1", "user", "in the trash"));
        user1.delete("/api/chats/c3");

        JsonNode stats = user1.get("/api/chats?includeStats=true").json().path("stats");

        assertThat(stats.toString())
                .isEqualTo("{\"totalChats\":3,\"activeChats\":2,\"deletedChats\":1,\"totalMessages\":2}");
    }

    @Test
    @DisplayName("Soft delete chat")
    void softDeleteChat() {
        String id = create("{}");
        append(id, message("m1", "user", "one"));

        Api.Answer answer = user1.delete("/api/chats/" + id);

        assertThat(answer.text()).isEqualTo("{\"success\":true,\"message\":\"Chat deleted successfully\"}");
        assertThat(list("/api/chats")).isEmpty();
        assertThat(row(id)).containsEntry("is_deleted", true).doesNotContainEntry("deleted_at", null);
        assertThat(messageRows(id)).isEqualTo(1);
    }

    @Test
    @DisplayName("Get deleted chats")
    void getDeletedChats() {
        create("{\"id\":\"kept\"}");
        create("{\"id\":\"thrown\"}");
        user1.delete("/api/chats/thrown");

        JsonNode trash = user1.get("/api/chats/deleted").json();

        assertThat(ids(trash.path("chats"))).containsExactly("thrown");
        assertThat(trash.path("chats").get(0).path("isDeleted").booleanValue()).isTrue();
        assertThat(time(trash.path("chats").get(0), "deletedAt")).isBeforeOrEqualTo(Instant.now());
        assertThat(trash.path("pagination").path("total").intValue()).isEqualTo(1);
        assertThat(list("/api/chats?status=deleted")).containsExactly("thrown");
    }

    @Test
    @DisplayName("Restore deleted chat")
    void restoreDeletedChat() {
        String id = create("{\"title\":\"Back again\"}");
        append(id, message("m1", "user", "one"));
        JsonNode before = user1.chat(id);
        user1.delete("/api/chats/" + id);

        JsonNode restored = user1.post("/api/chats/" + id + "/restore", "").json();

        assertThat(restored.path("success").booleanValue()).isTrue();
        assertThat(restored.path("chat").has("deletedAt")).isFalse();
        assertThat(user1.chat(id)).isEqualTo(before);
        assertThat(list("/api/chats/deleted")).isEmpty();
    }

    @Test
    @DisplayName("User isolation - cannot access other user's chats")
    void userIsolationCannotAccessOtherUsersChats() {
        String id = create("{\"title\":\"Mine\"}");
        append(id, message("m1", "user", "secret"));
        Api user2 = server.guest();

        for (Api.Answer answer : List.of(
                user2.get("/api/chats/" + id),
                user2.get("/api/chats/" + id + "/messages/m1"),
                user2.patch("/api/chats/" + id, "{\"title\":\"Yours\"}"),
                user2.delete("/api/chats/" + id))) {
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.text()).doesNotContain("Mine", "secret");
        }
        assertThat(user2.get("/api/chats").json().path("chats")).isEmpty();
        assertThat(chat(user1, id).path("title").stringValue()).isEqualTo("Mine");
    }

    @Test
    @DisplayName("Create chat for user 2")
    void createChatForUser2() {
        create("{\"id\":\"same\",\"title\":\"User 1 Chat\"}");
        Api user2 = server.guest();

        JsonNode chat = user2.post("/api/chats", "{\"id\":\"same\",\"title\":\"User 2 Chat\"}")
                .json()
                .path("chat");

        assertThat(chat(user2, "same")).isEqualTo(chat);
        assertThat(chat.path("title").stringValue()).isEqualTo("User 2 Chat");
        assertThat(chat(user1, "same").path("title").stringValue()).isEqualTo("User 1 Chat");
        assertThat(chat.path("userId")).isNotEqualTo(chat(user1, "same").path("userId"));
    }

    @Test
    @DisplayName("Save multiple messages in sequence")
    void saveMultipleMessagesInSequence() {
        String id = create("{}");
        for (int i = 1; i <= 12; i++) {
            append(id, message("m" + i, i % 2 == 1 ? "user" : "assistant", "message " + i));
        }

        JsonNode messages = user1.chat(id).path("messages");

        assertThat(ids(messages))
                .containsExactly("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9", "m10", "m11", "m12");
        assertThat(messages.valueStream().map(message -> time(message, "createdAt")))
                .isSorted();
        assertThat(messageRows(id)).isEqualTo(12);
    }

    private String create(String body) {
        Api.Answer answer = user1.post("/api/chats", body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
        return answer.json().path("chat").path("id").stringValue();
    }

    private void append(String chatId, String... messages) {
        Api.Answer answer =
                user1.post("/api/chats/" + chatId + "/messages", "{\"messages\":[" + String.join(",", messages) + "]}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.json().path("stored").intValue()).isEqualTo(messages.length);
    }

    private static String message(String id, String role, String text) {
        return "{\"id\":\"%s\",\"role\":\"%s\",\"parts\":[{\"type\":\"text\",\"text\":\"%s\"}]}"
                .formatted(id, role, text);
    }

    private List<String> list(String path) {
        return ids(user1.get(path).json().path("chats"));
    }

    private static List<String> ids(JsonNode rows) {
        return rows.valueStream().map(row -> row.path("id").stringValue()).toList();
    }

    private static JsonNode chat(Api api, String id) {
        return api.chat(id).path("chat");
    }

    private static Instant time(JsonNode row, String field) {
        return Instant.parse(row.path(field).stringValue());
    }

    private static Map<String, @Nullable Object> row(String id) {
        return server.database()
                .sql()
                .sql("select * from chatkeep.chat where id = :id")
                .param("id", id)
                .query()
                .singleRow();
    }

    private static long messageRows(String chatId) {
        return server.database()
                .sql()
                .sql("select count(*) from chatkeep.message where chat_id = :chat")
                .param("chat", chatId)
                .query(Long.class)
                .single();
    }
}
