package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import tools.jackson.databind.JsonNode;

/// Pages by cursor while others write: a row that stands still is on exactly one page, one that was made
/// meanwhile on at most one. Times are forced onto four instants, so that most rows tie.
class PagingPropertyTest {

    private static final List<String> LISTS = List.of(
            "/api/chats?",
            "/api/chats?status=deleted&",
            "/api/chats?status=all&",
            "/api/chats?search=alpha&",
            "/api/chats?search=alpha&status=all&",
            "/api/chats?visibility=private&");
    private static final List<String> TITLES =
            List.of("alpha", "Alpha beta", "beta alpha", "gamma alphabet", "alphabet", "beta");
    private static final OffsetDateTime BEGIN = OffsetDateTime.of(2026, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);

    private static TestServer server;
    private static SingleConnectionDataSource connection;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."));
        TestDatabase database = server.database();
        connection = new SingleConnectionDataSource(database.url(), database.user(), database.password(), true);
    }

    @AfterAll
    static void stop() {
        connection.destroy();
        server.close();
    }

    static IntStream seeds() {
        return IntStream.range(0, 30);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void pagesOfChatsLoseAndRepeatNothingThatStandsStill(int seed) {
        String list = LISTS.get(seed % LISTS.size());
        ChatWorld world = new ChatWorld(new Random(seed), server.guest());
        for (int i = 0; i < 16; i++) {
            world.create();
        }
        world.forceAll();
        for (int i = 0; i < 8; i++) {
            world.change();
        }
        Set<String> begun = new TreeSet<>(ids(world.api.get(list + "limit=200").json()));
        world.changed.clear();

        List<String> paged = pages(world.api, list, world.random, world::change);

        assertThat(paged.stream().filter(id -> !world.changed.contains(id)))
                .as("seed %d, rows that stood still of %s", seed, list)
                .containsExactlyInAnyOrderElementsOf(
                        begun.stream().filter(id -> !world.changed.contains(id)).toList());
        assertThat(paged.stream().filter(world.insertedOnly()::contains))
                .as("seed %d, rows made meanwhile", seed)
                .doesNotHaveDuplicates();
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void pagesOfMessagesLoseAndRepeatNothingThatStandsStill(int seed) {
        MessageWorld world = new MessageWorld(new Random(seed), server.guest());
        world.api.post("/api/chats", "{\"id\":\"c\"}");
        world.append(20);
        for (int i = 0; i < 5; i++) {
            world.change();
        }
        String list = "/api/chats/c/messages?" + (seed % 2 == 0 ? "order=desc&" : "");
        List<String> begun = ids(world.api.get(list + "limit=200").json());
        world.deleted.clear();

        List<String> paged = pages(world.api, list, world.random, world::change);

        assertThat(paged).as("seed %d", seed).doesNotHaveDuplicates();
        assertThat(paged.stream().filter(begun::contains).filter(id -> !world.deleted.contains(id)))
                .as("seed %d, rows that stood still, in order", seed)
                .containsExactlyElementsOf(
                        begun.stream().filter(id -> !world.deleted.contains(id)).toList());
    }

    /// All pages of a list, of a random size each, with up to three changes between any two.
    private static List<String> pages(Api api, String list, Random random, Runnable change) {
        var rows = new ArrayList<String>();
        String cursor = "";
        for (int page = 0; page < 100; page++) {
            JsonNode answer =
                    api.get(list + "limit=" + (1 + random.nextInt(5)) + cursor).json();
            rows.addAll(ids(answer));
            JsonNode next = answer.path("pagination").path("nextCursor");
            if (!next.isString()) {
                return rows;
            }
            cursor = "&cursor=" + next.stringValue();
            for (int i = random.nextInt(4); i > 0; i--) {
                change.run();
            }
        }
        throw new AssertionError("the pages of " + list + " do not end");
    }

    private static List<String> ids(JsonNode answer) {
        return answer.path(answer.has("chats") ? "chats" : "messages")
                .valueStream()
                .map(row -> row.path("id").stringValue())
                .toList();
    }

    /// A user's chats, changed at random.
    private static final class ChatWorld {

        private final Random random;
        private final Api api;
        private final UUID user;
        private final List<String> chats = new ArrayList<>();
        private final Set<String> changed = new HashSet<>();
        private final Set<String> inserted = new HashSet<>();
        private final Set<String> moved = new HashSet<>();

        ChatWorld(Random random, Api api) {
            this.random = random;
            this.api = api;
            JsonNode first = api.post("/api/chats", "{\"id\":\"first\"}").json();
            this.user = UUID.fromString(first.path("chat").path("userId").stringValue());
            chats.add("first");
        }

        String create() {
            String id = "c" + Integer.toString(random.nextInt(1_000_000), 36) + "-" + chats.size();
            String title = TITLES.get(random.nextInt(TITLES.size()));
            api.post("/api/chats", "{\"id\":\"" + id + "\",\"title\":\"" + title + "\"}");
            chats.add(id);
            return id;
        }

        private void insert() {
            String id = create();
            force(id, "created_at");
            force(id, "updated_at");
            changed.add(id);
            inserted.add(id);
        }

        void change() {
            String id = chats.get(random.nextInt(chats.size()));
            int what = random.nextInt(6);
            if (what == 0) {
                insert();
                return;
            }
            String chat = "/api/chats/" + id;
            switch (what) {
                case 1 -> api.delete(chat);
                case 2 -> api.post(chat + "/restore", "");
                case 3 -> api.patch(chat, "{\"title\":\"" + TITLES.get(random.nextInt(TITLES.size())) + "\"}");
                case 4 -> api.patch(chat, "{\"sandboxId\":\"s\"}");
                default -> api.delete(chat + (random.nextInt(4) == 0 ? "/permanent" : ""));
            }
            force(id, "updated_at");
            force(id, "deleted_at");
            changed.add(id);
            moved.add(id);
        }

        Set<String> insertedOnly() {
            return inserted.stream().filter(id -> !moved.contains(id)).collect(Collectors.toSet());
        }

        /// Spreads all over the four instants.
        void forceAll() {
            JdbcClient.create(connection)
                    .sql("""
                    update chatkeep.chat
                    set created_at = :begin::timestamptz + abs(hashtext(id)) % 4 * interval '1 second',
                        updated_at = :begin::timestamptz + abs(hashtext(reverse(id))) % 4 * interval '1 second'
                    where user_id = :user""")
                    .param("begin", BEGIN)
                    .param("user", user)
                    .update();
        }

        /// Sets the time, where there is one, to one of four.
        private void force(String id, String column) {
            JdbcClient.create(connection)
                    .sql("""
                    update chatkeep.chat set %1$s = :time
                    where user_id = :user and id = :chat and %1$s is not null""".formatted(column))
                    .param("time", BEGIN.plusSeconds(random.nextInt(4)))
                    .param("user", user)
                    .param("chat", id)
                    .update();
        }
    }

    /// A chat's messages, changed at random.
    private static final class MessageWorld {

        private final Random random;
        private final Api api;
        private final List<String> messages = new ArrayList<>();
        private final Set<String> deleted = new HashSet<>();
        private int given;

        MessageWorld(Random random, Api api) {
            this.random = random;
            this.api = api;
        }

        void append(int count) {
            List<String> ids =
                    IntStream.range(0, count).mapToObj(i -> "m" + given++).toList();
            String list = ids.stream()
                    .map(id -> "{\"id\":\"%s\",\"role\":\"user\",\"content\":\"hello\"}".formatted(id))
                    .collect(Collectors.joining(","));
            Api.Answer answer = api.post("/api/chats/c/messages", "{\"messages\":[" + list + "]}");
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            messages.addAll(ids);
        }

        void change() {
            if (messages.isEmpty() || random.nextInt(3) == 0) {
                append(1 + random.nextInt(3));
                return;
            }
            String id = messages.remove(random.nextInt(messages.size()));
            assertThat(api.delete("/api/chats/c/messages/" + id).status()).isEqualTo(200);
            deleted.add(id);
        }
    }
}
