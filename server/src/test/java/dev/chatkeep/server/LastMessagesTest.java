package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// The end of a long chat, in one call and in reading order.
class LastMessagesTest {

    private static final int TOTAL = 250;

    private static TestServer server;
    private static Api api;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."));
        api = server.guest();
        api.post("/api/chats", "{\"id\":\"c\"}");
        for (int from = 1; from <= TOTAL; from += 50) {
            String messages = String.join(
                    ",",
                    IntStream.range(from, from + 50)
                            .mapToObj(n -> "{\"id\":\"m%d\",\"role\":\"%s\",\"content\":\"%d\"}"
                                    .formatted(n, n % 2 == 1 ? "user" : "assistant", n))
                            .toList());
            assertThat(api.post("/api/chats/c/messages", "{\"messages\":[" + messages + "]}")
                            .status())
                    .isEqualTo(200);
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static List<String> ids(JsonNode page) {
        return page.path("messages")
                .valueStream()
                .map(message -> message.path("id").stringValue())
                .toList();
    }

    private static List<String> expected(int from, int to) {
        return IntStream.rangeClosed(from, to).mapToObj(n -> "m" + n).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/chats/c?last=100", "/api/chats/c/messages?last=100"})
    void isThePageThatAReaderWantsFirst(String path) {
        JsonNode page = api.get(path).json();

        assertThat(ids(page)).isEqualTo(expected(151, 250));
        assertThat(page.path("pagination").path("limit").intValue()).isEqualTo(100);
        assertThat(page.path("pagination").path("total").intValue()).isEqualTo(TOTAL);
        assertThat(page.path("pagination").has("previousCursor")).isTrue();
        assertThat(page.path("pagination").has("nextCursor")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 100, 200})
    void goesBackPageByPageAndForthAgain(int size) {
        var back = new ArrayList<String>();
        JsonNode page = api.get("/api/chats/c?last=" + size).json();
        back.addAll(0, ids(page));
        while (page.path("pagination").has("previousCursor")) {
            String cursor = page.path("pagination").path("previousCursor").stringValue();
            page = api.get("/api/chats/c?last=" + size + "&messageCursor=" + cursor)
                    .json();
            back.addAll(0, ids(page));
        }
        assertThat(back).isEqualTo(expected(1, TOTAL));

        var forth = new ArrayList<>(ids(page));
        while (page.path("pagination").has("nextCursor")) {
            String cursor = page.path("pagination").path("nextCursor").stringValue();
            page = api.get("/api/chats/c?messageLimit=" + size + "&messageCursor=" + cursor)
                    .json();
            forth.addAll(ids(page));
        }
        assertThat(forth).isEqualTo(expected(1, TOTAL));
    }

    @Test
    void goesOnBehindWithTheNextMessage() {
        Api other = server.guest();
        Stream.of("u1", "u2", "u3").forEach(id -> other.say("d", id, id));

        JsonNode page = other.get("/api/chats/d?last=2").json();
        JsonNode older = other.get("/api/chats/d?last=3&messageCursor="
                        + page.path("pagination").path("previousCursor").stringValue())
                .json();

        assertThat(ids(page).getFirst()).isEqualTo("u3");
        assertThat(ids(older)).hasSize(3).contains("u2").doesNotContain("u1");
        assertThat(older.path("pagination").has("previousCursor")).isTrue();
        assertThat(older.path("pagination").has("nextCursor")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "last=0",
                "last=-1",
                "last=201",
                "last=x",
                "last=",
                "last=5&order=asc",
                "last=5&messageLimit=5",
                "last=5&messageOffset=1"
            })
    void isAskedForAlone(String query) {
        Api.Answer refusal = api.get("/api/chats/c?" + query);

        assertThat(refusal.status()).isEqualTo(400);
        assertThat(refusal.field()).isEqualTo("last");
    }

    /// A page of a hundred messages of a megabyte each would take the memory of everybody else.
    @Test
    void ofLargeMessagesIsCutAndGoesOn() {
        Api other = server.guest();
        other.post("/api/chats", "{\"id\":\"large\"}");
        for (int n = 1; n <= 20; n++) {
            assertThat(other.post(
                                    "/api/chats/large/messages",
                                    "{\"messages\":[{\"id\":\"m%d\",\"role\":\"user\",\"content\":\"%s\"}]}"
                                            .formatted(n, "x".repeat(1_000_000)))
                            .status())
                    .isEqualTo(200);
        }

        for (String order : new String[] {"last=100&messageCursor=", "messageLimit=100&order=asc&messageCursor="}) {
            var read = new ArrayList<String>();
            boolean isLast = order.startsWith("last");
            String cursor = isLast ? "previousCursor" : "nextCursor";
            JsonNode page = other.get("/api/chats/large?" + order.substring(0, order.lastIndexOf('&')))
                    .json();
            assertThat(ids(page)).hasSizeBetween(5, 10);
            assertThat(page.path("pagination").path("limit").intValue())
                    .isEqualTo(ids(page).size());
            read.addAll(ids(page));
            while (page.path("pagination").has(cursor)) {
                page = other.get("/api/chats/large?" + order
                                + page.path("pagination").path(cursor).stringValue())
                        .json();
                read.addAll(isLast ? 0 : read.size(), ids(page));
            }
            assertThat(read).isEqualTo(expected(1, 20));
        }
    }

    @Test
    void costsOneStatement() {
        assertThat(server.cost(() -> api.get("/api/chats/c?last=100"))).isEqualTo(1);
    }

    @Test
    void ofAnEmptyChatIsEmpty() {
        api.post("/api/chats", "{\"id\":\"empty\"}");

        JsonNode page = api.get("/api/chats/empty?last=10").json();

        assertThat(ids(page)).isEmpty();
        assertThat(page.path("pagination").has("previousCursor")).isFalse();
    }
}
