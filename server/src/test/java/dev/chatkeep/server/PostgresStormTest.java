package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.run.Cancellation;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.Prompt;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/// Users who talk on while the embedded PostgreSQL is killed again and again, and send again what was refused: turns
/// meet its end in each of their moments, in their commits too.
@Tag("slow")
class PostgresStormTest {

    private static final int USERS = 8;
    private static final int KILLS = 10;
    private static final int COUNT = 20;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    private Path data;

    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicInteger answered = new AtomicInteger();

    /// Counts to twenty, a number every few milliseconds.
    private static void count(Prompt prompt, Cancellation cancellation, Consumer<? super ModelEvent> sink) {
        CountDownLatch never = new CountDownLatch(1);
        try {
            for (int number = 1; number <= COUNT; number++) {
                sink.accept(new ModelEvent.TextDelta(number + " "));
                assertThat(never.await(3, TimeUnit.MILLISECONDS)).isFalse();
            }
            sink.accept(Scripts.STOP);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /// What a user saw of the turns of a chat, by number: whether the answer was whole.
    private record Seen(List<Boolean> turns, int refused) {}

    @Test
    void whatWasAnsweredIsStoredAsItWasReadAndWhatWasRefusedCanBeSentAgain() throws Exception {
        EmbeddedData postgres = new EmbeddedData(data);
        try (TestServer server = TestServer.answering(
                        PostgresStormTest::count, "chatkeep.database.url=", "chatkeep.data-dir=" + data);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Api api = server.guest();
            List<Future<Seen>> users = new ArrayList<>();
            for (int i = 0; i < USERS; i++) {
                String chat = "c" + i;
                users.add(threads.submit(() -> talk(api, chat)));
            }
            for (int kill = 1; kill <= KILLS; kill++) {
                int enough = kill * USERS;
                await().pollInterval(Duration.ofMillis(10)).atMost(LIMIT).until(() -> answered.get() >= enough);
                postgres.killPostmaster();
            }
            over.countDown();

            int refused = 0;
            for (int i = 0; i < USERS; i++) {
                Seen seen = users.get(i).get(120, TimeUnit.SECONDS);
                JsonNode messages = messages(api, "c" + i);
                assertThat(messages).hasSize(2 * seen.turns().size());
                for (int turn = 0; turn < seen.turns().size(); turn++) {
                    assertThat(messages.get(2 * turn).path("id").asString()).isEqualTo("m" + turn);
                    JsonNode answer = messages.get(2 * turn + 1);
                    assertThat(answer.path("status").asString())
                            .isEqualTo(seen.turns().get(turn) ? "complete" : "interrupted");
                }
                refused += seen.refused();
            }
            assertThat(refused).as("turns that met its end").isPositive();
            JdbcClient sql =
                    JdbcClient.create(server.beans(DataSource.class).iterator().next());
            assertThat(sql.sql("select count(*) from chatkeep.run where status = 'streaming'")
                            .query(Long.class)
                            .single())
                    .isZero();
            assertThat(sql.sql("select count(*) from chatkeep.message where status = 'streaming'")
                            .query(Long.class)
                            .single())
                    .isZero();
        }
    }

    /// Also of a server that has just lost its connections once more.
    private static JsonNode messages(Api api, String chat) {
        String path = "/api/chats/" + chat + "?messageLimit=200";
        await().atMost(LIMIT).until(() -> api.get(path).status() == 200);
        return api.chat(chat).path("messages");
    }

    private Seen talk(Api api, String chat) throws Exception {
        List<Boolean> turns = new ArrayList<>();
        int refused = 0;
        boolean isRefused = false;
        while (isRefused || !over.await(1, TimeUnit.MILLISECONDS)) {
            Api.Answer answer = api.post("/api/chat", Api.turn(chat, "m" + turns.size(), "Hello"));
            isRefused = answer.status() != 200;
            if (isRefused) {
                assertThat(answer.status()).as(answer.text()).isEqualTo(503);
                refused++;
            } else {
                turns.add(isWhole(answer));
                answered.incrementAndGet();
            }
        }
        return new Seen(turns, refused);
    }

    private static boolean isWhole(Api.Answer answer) {
        List<JsonNode> chunks = Api.chunks(answer);
        String text = String.join(
                "",
                chunks.stream().map(chunk -> chunk.path("delta").asString("")).toList());
        boolean isWhole = chunks.getLast().path("type").asString().equals("finish");
        if (isWhole) {
            assertThat(text)
                    .isEqualTo(String.join(
                            "",
                            IntStream.rangeClosed(1, COUNT)
                                    .mapToObj(n -> n + " ")
                                    .toList()));
        }
        return isWhole;
    }
}
