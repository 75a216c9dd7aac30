package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.db.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// A provider that never ends takes nothing from anybody: its answer ends, other chats go on, and nothing is
/// locked, with 256 MiB of heap.
class LargeAnswerTest {

    private static final List<String> JVM = List.of("-Xmx256m", "-XX:+ExitOnOutOfMemoryError");
    private static final long LIMIT = 16 << 20;

    /// A thousand tool calls, which is all that are read of a model.
    private static final int MIN_KEPT = 100_000;

    @TempDir
    private Path data;

    private FloodProvider provider;

    @BeforeEach
    void provide() throws Exception {
        provider = new FloodProvider();
    }

    @AfterEach
    void end() {
        provider.close();
    }

    private ChildServer start(String... settings) throws Exception {
        var all = new ArrayList<>(List.of(provider.settings()));
        all.addAll(List.of(settings));
        return ChildServer.start(JVM, all.toArray(String[]::new));
    }

    private String embedded() {
        return "chatkeep.data-dir=" + data;
    }

    private static String[] shared(TestDatabase database) {
        return new String[] {
            "chatkeep.database.url=" + database.url(),
            "chatkeep.database.user=" + database.user(),
            "chatkeep.database.password=" + database.password()
        };
    }

    /// Somebody else who talks all the while.
    private static final class Neighbour implements AutoCloseable {
        private final AtomicBoolean over = new AtomicBoolean();
        private final AtomicInteger answers = new AtomicInteger();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        private final Thread thread;

        Neighbour(Api api) {
            thread = Thread.ofVirtual().start(() -> {
                try {
                    while (!over.get()) {
                        api.say("other", "m" + answers.incrementAndGet(), "Hello");
                    }
                } catch (RuntimeException | AssertionError failed) {
                    failure.set(failed);
                }
            });
        }

        @Override
        public void close() {
            over.set(true);
            await().atMost(Duration.ofMinutes(1)).until(() -> !thread.isAlive());
            assertThat(failure.get()).isNull();
            assertThat(answers).hasValueGreaterThan(1);
        }
    }

    /// Reads an answer to its end and returns its last chunk with metadata.
    private static JsonNode read(Api api, String chat, String asked) throws Exception {
        try (Api.Stream stream = api.open(Api.turn(chat, "m1", asked))) {
            String end =
                    stream.await(line -> line.contains("\"type\":\"finish\"") || line.contains("\"type\":\"error\""));
            stream.await(line -> line.contains("[DONE]"));
            return Json.MAPPER.readTree(end.substring("data: ".length()));
        }
    }

    private static JsonNode answer(Api api, String chat) {
        return api.get("/api/chats/" + chat + "?last=1").json().path("messages").get(0);
    }

    private static void assertFullAndFree(Api api, String chat, JsonNode end) {
        assertThat(end.path("type").asString("")).as(end.toString()).isEqualTo("finish");
        assertThat(end.path("messageMetadata").path("finishReason").asString(""))
                .isEqualTo("length");
        assertThat(end.path("messageMetadata").path("status").asString("")).isEqualTo("complete");
        JsonNode kept = answer(api, chat);
        assertThat(kept.path("status").asString("")).isEqualTo("complete");
        assertThat(kept.path("metadata").path("finishReason").asString("")).isEqualTo("length");
        assertThat(kept.path("parts").toString().length()).isBetween(MIN_KEPT, (int) LIMIT + (1 << 20));
        assertThat(api.say(chat, "m2", "Hello").getLast().path("type").asString(""))
                .isEqualTo("finish");
        assertThat(new Api(api.url(), "").get("/api/health").status()).isEqualTo(200);
    }

    @Test
    void endsAsLengthWithTheBeginningKept() throws Exception {
        try (ChildServer server = start(embedded())) {
            Api api = Api.guest(server.url());
            try (Neighbour _ = new Neighbour(Api.guest(server.url()))) {
                JsonNode end = read(api, "c", "Megabytes: 67");

                assertFullAndFree(api, "c", end);
                String text = answer(api, "c").path("parts").toString();
                assertThat(api.chat("c")
                                .path("messages")
                                .get(1)
                                .path("parts")
                                .get(1)
                                .path("text")
                                .stringValue())
                        .startsWith(FloodProvider.BEGINNING)
                        .hasSizeGreaterThan((int) LIMIT - (1 << 20));
                assertThat(text).isNotEmpty();
            }
        }
    }

    @Tag("slow")
    @Test
    void endsWhateverItIsMadeOf() throws Exception {
        try (ChildServer server = start(embedded())) {
            Api api = Api.guest(server.url());
            try (Neighbour _ = new Neighbour(Api.guest(server.url()))) {
                for (String asked : List.of("200", "300", "20", "tool calls", "letters", "67", "300")) {
                    String chat = "c" + asked.replace(' ', '-') + asked.hashCode();
                    assertFullAndFree(api, chat, read(api, chat, "As many: " + asked));
                    api.delete("/api/chats/" + chat + "/permanent");
                }
            }
        }
    }

    /// Whoever sends a turn again is told its answer again, each from memory of its own.
    @Tag("slow")
    @Test
    void isToldAgainToNoMoreAtOnceThanTheHeapHolds() throws Exception {
        try (ChildServer server = start(embedded())) {
            Api api = Api.guest(server.url());
            read(api, "c", "Megabytes: 67");

            List<Integer> statuses = AtOnce.run(
                    12,
                    i -> api.post("/api/chat", Api.turn("c", "m1", "Megabytes: 67"))
                            .status());

            assertThat(statuses).contains(200).isSubsetOf(200, 503);
            assertThat(api.say("c", "m2", "Hello").getLast().path("type").asString(""))
                    .isEqualTo("finish");
        }
    }

    @Tag("slow")
    @Test
    void isWhatTheOperatorSays() throws Exception {
        try (ChildServer server = start(embedded(), "chatkeep.limits.answer=1MB")) {
            Api api = Api.guest(server.url());

            read(api, "c", "Megabytes: 5");

            assertThat(answer(api, "c").path("parts").toString().length()).isBetween(900_000, 1_100_000);
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"12", "15"})
    void isTakenOverWhenItsServerDiesAndStartsAgain(String megabytes) throws Exception {
        provider.pauseFloods();
        Api api;
        try (ChildServer first = start(embedded())) {
            api = Api.guest(first.url());
            flood(api, megabytes);
            first.kill();
        }
        try (ChildServer second = start(embedded())) {
            Api again = new Api(second.url(), api.token());

            JsonNode kept = answer(again, "c");

            assertThat(kept.path("status").asString("")).isEqualTo("interrupted");
            assertThat(kept.path("parts").toString().length()).isGreaterThan((Integer.parseInt(megabytes) - 3) << 20);
            assertThat(again.say("c", "m2", "Hello").getLast().path("type").asString(""))
                    .isEqualTo("finish");
        }
    }

    @Tag("slow")
    @Test
    void isTakenOverByAnotherServer() throws Exception {
        provider.pauseFloods();
        TestDatabase database = TestDatabase.create();
        try (ChildServer one = start(shared(database));
                ChildServer two = start(shared(database))) {
            Api api = Api.guest(one.url());
            Api atTwo = new Api(two.url(), api.token());
            try (Neighbour _ = new Neighbour(Api.guest(two.url()))) {
                flood(api, "15");
                // It is read there too.
                Thread reader = Thread.ofVirtual().start(() -> atTwo.get("/api/chat/c/stream"));
                await().until(() -> database.count("run_event") > 0);
                one.kill();

                await().atMost(Duration.ofSeconds(60))
                        .until(() ->
                                answer(atTwo, "c").path("status").asString("").equals("interrupted"));
                reader.join();
            }
            assertThat(answer(atTwo, "c").path("parts").toString().length()).isGreaterThan(10 << 20);
            assertThat(atTwo.say("c", "m2", "Hello").getLast().path("type").asString(""))
                    .isEqualTo("finish");
        }
    }

    /// Several at once, of which each alone would fit.
    @Tag("slow")
    @Test
    void manyAtOnceShareWhatThereIs() throws Exception {
        try (ChildServer server = start(embedded())) {
            List<Api> users =
                    Stream.generate(() -> Api.guest(url(server))).limit(8).toList();
            try (Neighbour _ = new Neighbour(Api.guest(server.url()))) {
                List<JsonNode> ends = AtOnce.run(8, i -> read(users.get(i), "c", "Megabytes: 67"));

                assertThat(ends)
                        .allSatisfy(end -> assertThat(end.path("messageMetadata")
                                        .path("finishReason")
                                        .asString(""))
                                .isEqualTo("length"));
            }
            for (Api user : users) {
                assertThat(answer(user, "c").path("status").asString("")).isEqualTo("complete");
            }
        }
    }

    private static String url(ChildServer server) {
        try {
            return server.url();
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    /// Begins a flood that stands still after these megabytes, and waits until its reader has them.
    private static void flood(Api api, String megabytes) throws Exception {
        long wanted = (Long.parseLong(megabytes) - 1) << 20;
        try (Api.Stream stream = api.open(Api.turn("c", "m1", "Megabytes: " + megabytes))) {
            long read = 0;
            while (read < wanted) {
                read += stream.await(line -> line.contains("text-delta")).length();
            }
        }
    }
}
