package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class CountersTest {

    private static final int THREADS = 8;
    private static final int OPERATIONS = 2_000;
    private static final int CHATS = 6;
    private static final int MESSAGE_IDS = 12;

    private final Map<String, AtomicInteger> outcomes = new ConcurrentHashMap<>();

    @Test
    void countersEqualTheRowsAfterEightThreadsUsedEveryWritingRoute() throws Exception {
        try (TestServer server = TestServer.answering(Scripts.saysText("Hi."))) {
            List<Api> users = List.of(server.guest(), server.guest());
            List<Callable<Void>> workers = new ArrayList<>();
            for (int worker = 0; worker < THREADS; worker++) {
                Random random = new Random(worker);
                Api api = users.get(worker % users.size());
                workers.add(() -> work(api, random));
            }
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (var done : threads.invokeAll(workers)) {
                    done.get();
                }
            }

            assertThat(wrong(server.database()))
                    .as("%s", new TreeMap<>(outcomes))
                    .isEmpty();
            for (Api api : users) {
                assertListsAreAsLongAsTheySay(api);
            }
            assertThat(outcomes.keySet())
                    .as("each route has done something")
                    .contains(
                            "create 201",
                            "append 200",
                            "turn 200",
                            "patch 200",
                            "delete 200",
                            "restore 200",
                            "permanent 200",
                            "message 200",
                            "messages 200");
        }
    }

    /// A check of the counters must not be made on what they were before the wait.
    @ParameterizedTest
    @ValueSource(strings = {"/api/chats/c", "/api/chats/c/permanent"})
    void aDeleteThatWaitsForAMessageToBeWrittenCountsThatMessage(String path) throws Exception {
        try (TestServer server = TestServer.answering(Scripts.saysText("Hi."));
                Connection other = server.database().source().getConnection();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Api api = server.guest();
            api.post("/api/chats", "{\"id\":\"c\"}");
            other.setAutoCommit(false);
            other.createStatement().execute("select from chatkeep.chat where id = 'c' for update");

            var append = threads.submit(() -> api.post("/api/chats/c/messages", messages(new Random(1))));
            await().until(() -> waiting(server.database()) == 1);
            var delete = threads.submit(() -> api.delete(path));
            await().until(() -> waiting(server.database()) == 2);
            other.rollback();

            assertThat(append.get().status()).isEqualTo(200);
            assertThat(delete.get().status()).as(delete.get().text()).isEqualTo(200);
            assertThat(wrong(server.database())).isEmpty();
        }
    }

    private static long waiting(TestDatabase database) {
        return database.sql().sql("""
                select count(*)
                from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock'
                """).query(Long.class).single();
    }

    private Void work(Api api, Random random) {
        for (int i = 0; i < OPERATIONS / THREADS; i++) {
            String chat = "/api/chats/c" + random.nextInt(CHATS);
            String message = "m" + random.nextInt(MESSAGE_IDS);
            switch (random.nextInt(16)) {
                case 0, 1 -> note("create", api.post("/api/chats", "{\"id\":\"" + chat.substring(11) + "\"}"));
                case 2, 3, 4 -> note("append", api.post(chat + "/messages", messages(random)));
                case 5, 6, 7 -> note("turn", api.post("/api/chat", Api.turn(chat.substring(11), message, "Hello")));
                case 8, 9 -> note("patch", api.patch(chat, "{\"title\":\"t" + i + "\"}"));
                case 10 -> note("delete", api.delete(chat));
                case 11, 12 -> note("restore", api.post(chat + "/restore", ""));
                case 13 -> note("permanent", api.delete(random.nextInt(3) == 0 ? chat + "/permanent" : chat));
                case 14 -> note("message", api.delete(chat + "/messages/" + message));
                default ->
                    note("messages", api.delete(chat + "/messages" + (random.nextInt(3) == 0 ? "" : "/" + message)));
            }
        }
        return null;
    }

    private void note(String what, Api.Answer answer) {
        assertThat(answer.status()).as("%s: %s", what, answer.text()).isIn(200, 201, 404, 409, 410);
        outcomes.computeIfAbsent(what + " " + answer.status(), key -> new AtomicInteger())
                .incrementAndGet();
    }

    /// One to three messages; the ids come again, with the same words.
    private static String messages(Random random) {
        int first = random.nextInt(MESSAGE_IDS);
        var list = new ArrayList<String>();
        for (int i = first; i <= first + random.nextInt(3); i++) {
            list.add("{\"id\":\"m%d\",\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"Hello\"}]}"
                    .formatted(i));
        }
        return "{\"messages\":[" + String.join(",", list) + "]}";
    }

    /// What is counted somewhere and is not so many.
    private static List<String> wrong(TestDatabase database) {
        return database.sql().sql("""
                with counted as (
                    select c.user_id, c.id, c.is_deleted, c.stored_messages, c.change_seq,
                        (select sum(c.path[i][3] - c.path[i][2] + 1) from generate_subscripts(c.path, 1) i) as shown,
                        (select count(*) from chatkeep.message m
                            where m.user_id = c.user_id and m.chat_id = c.id) as messages,
                        (select count(*) from chatkeep.message m, generate_subscripts(c.path, 1) i
                            where m.user_id = c.user_id and m.chat_id = c.id and m.branch = c.path[i][1]
                                and m.pos between c.path[i][2] and c.path[i][3]) as on_the_path
                    from chatkeep.chat c
                ), totals as (
                    select h.*,
                        (select count(*) from counted c where c.user_id = h.user_id and not is_deleted) as active,
                        (select count(*) from counted c where c.user_id = h.user_id and is_deleted) as deleted,
                        (select coalesce(sum(c.messages), 0) from counted c
                            where c.user_id = h.user_id and not is_deleted) as stored,
                        (select coalesce(max(c.change_seq), 0) from counted c where c.user_id = h.user_id) as seq
                    from chatkeep.user_head h
                )
                select 'chat ' || to_jsonb(c)::text from counted c
                where stored_messages <> messages or shown <> messages or on_the_path <> messages
                union all
                select 'user ' || to_jsonb(t)::text from totals t
                where active <> active_chats or deleted <> deleted_chats or stored <> t.messages or seq > t.change_seq
                union all
                select 'run ' || to_jsonb(r)::text from chatkeep.run r where status = 'streaming'
                """).query((row, n) -> row.getString(1)).list();
    }

    private static void assertListsAreAsLongAsTheySay(Api api) {
        JsonNode list = api.get("/api/chats?includeStats=true").json();
        assertThat(list.path("chats"))
                .hasSize(list.path("pagination").path("total").intValue());
        int messages = 0;
        for (JsonNode chat : list.path("chats")) {
            JsonNode whole = api.chat(chat.path("id").stringValue());
            assertThat(whole.path("messages"))
                    .hasSize(whole.path("pagination").path("total").intValue());
            messages += whole.path("messages").size();
        }
        assertThat(list.path("stats").path("totalMessages").intValue()).isEqualTo(messages);
    }
}
