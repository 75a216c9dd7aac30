package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.run.Generator;
import dev.chatkeep.run.ModelEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

/// The embedded PostgreSQL is killed under a living server while answers stream.
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class PostgresRestartTest {

    private static final int CHATS = 6;
    private static final int KILLS = 4;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    private Path data;

    @Test
    void everyWordIsReadAndStoredOnceHoweverOftenPostgresIsKilled() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        try (TestServer server = start(counting(end));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Api api = server.guest();
            List<Future<String>> readers = new ArrayList<>();
            CountDownLatch begun = new CountDownLatch(CHATS);
            for (int i = 0; i < CHATS; i++) {
                readers.add(threads.submit(read(api.open(Api.turn("c" + i, "m", "Count")), begun)));
            }
            Future<List<Api.Answer>> asked = threads.submit(() -> ask(api, done));
            assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
            CountDownLatch late = new CountDownLatch(CHATS);
            for (int kill = 1; kill <= KILLS; kill++) {
                postgres().killPostmaster();
                await().atMost(LIMIT).until(() -> api.get("/api/chats").status() == 200);
                if (kill == KILLS / 2) {
                    for (int i = 0; i < CHATS; i++) {
                        readers.add(threads.submit(read(api.resume("c" + i), late)));
                    }
                    assertThat(late.await(60, TimeUnit.SECONDS)).isTrue();
                }
            }
            end.countDown();

            List<String> heard = new ArrayList<>();
            for (Future<String> reader : readers) {
                heard.add(reader.get(60, TimeUnit.SECONDS));
            }
            done.countDown();
            assertThat(heard).hasSize(2 * CHATS).allSatisfy(PostgresRestartTest::assertNothingIsMissing);
            for (int i = 0; i < CHATS; i++) {
                JsonNode messages = api.chat("c" + i).path("messages");
                assertThat(messages).hasSize(2);
                assertThat(messages.get(1).path("status").asString()).isEqualTo("complete");
                assertThat(text(messages.get(1))).isEqualTo(heard.get(i)).isEqualTo(heard.get(CHATS + i));
            }
            assertThat(count(server, "message where role = 'assistant'")).isEqualTo(CHATS);
            assertThat(count(server, "run where status = 'complete'")).isEqualTo(CHATS);
            assertThat(count(server, "run where status = 'streaming'")).isZero();
            assertThat(asked.get(60, TimeUnit.SECONDS))
                    .isNotEmpty()
                    .allMatch(answer -> answer.status() == 200 || isAway(answer));
        }
    }

    @Test
    void anAnswerThatEndsWhilePostgresIsAwayIsStoredWhenItIsBack() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (TestServer server = start(Scripts.waitsFor(end));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Api api = server.guest();
            CountDownLatch begun = new CountDownLatch(1);
            Future<String> reader = threads.submit(read(api.open(Api.turn("c", "m", "Begin")), begun));
            assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();

            postgres().preventStart();
            postgres().killPostmaster();
            end.countDown();
            await().atMost(LIMIT).until(() -> isAway(api.get("/api/chats")));
            assertThat(api.post("/api/chat", Api.turn("d", "m", "Hello"))).matches(PostgresRestartTest::isAway);
            assertThat(api.get("/api/health").status()).isEqualTo(503);
            assertThat(reader.isDone()).isFalse();
            postgres().allowStart();

            assertThat(reader.get(60, TimeUnit.SECONDS)).isEqualTo("begun ended");
            assertThat(text(api.chat("c").path("messages").get(1))).isEqualTo("begun ended");
            assertThat(api.lastStatus("c")).isEqualTo("complete");
            assertThat(api.get("/api/health").status()).isEqualTo(200);
            api.say("d", "m", "Hello");
            assertThat(api.lastStatus("d")).isEqualTo("complete");
        }
    }

    @Tag("slow")
    @Test
    void healthStaysDownWhenTheDataCannotBeOpenedAnyMore() throws Exception {
        try (TestServer server = start(Scripts.saysText("Hello"))) {
            Api api = server.guest();
            Files.delete(data.resolve("postgres.password"));
            postgres().killPostmaster();
            await().atMost(LIMIT).until(() -> isAway(api.get("/api/chats")));
            assertThat(api.get("/api/health").status()).isEqualTo(503);
        }
    }

    private EmbeddedData postgres() {
        return new EmbeddedData(data);
    }

    private TestServer start(Generator generator) {
        return TestServer.answering(generator, "chatkeep.database.url=", "chatkeep.data-dir=" + data);
    }

    /// Counts, a number every few milliseconds, until it is told to end.
    private static Generator counting(CountDownLatch end) {
        return (prompt, cancellation, sink) -> {
            try {
                for (int number = 1; !end.await(5, TimeUnit.MILLISECONDS); number++) {
                    sink.accept(new ModelEvent.TextDelta(number + " "));
                }
                sink.accept(new ModelEvent.TextDelta("end"));
                sink.accept(Scripts.STOP);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        };
    }

    private static void assertNothingIsMissing(String text) {
        String[] words = text.split(" ", -1);
        String numbers = IntStream.range(1, words.length).mapToObj(n -> n + " ").collect(Collectors.joining());
        assertThat(text).isEqualTo(numbers + "end");
    }

    /// Reads to the end, and counts down at the first word.
    private static Callable<String> read(Api.Stream stream, CountDownLatch begun) {
        return () -> {
            try (stream) {
                StringBuilder text = new StringBuilder();
                boolean isFirst = true;
                for (String line = stream.await(any -> true);
                        !line.equals("data: [DONE]");
                        line = stream.await(any -> true)) {
                    if (line.contains("\"text-delta\"")) {
                        text.append(json(line).path("delta").asString());
                        if (isFirst) {
                            begun.countDown();
                            isFirst = false;
                        }
                    }
                    assertThat(line).doesNotContain("\"error\"");
                }
                return text.toString();
            }
        };
    }

    private static JsonNode json(String line) {
        return dev.chatkeep.db.Json.MAPPER.readTree(line.substring("data: ".length()));
    }

    private static List<Api.Answer> ask(Api api, CountDownLatch done) throws InterruptedException {
        List<Api.Answer> answers = new ArrayList<>();
        while (!done.await(50, TimeUnit.MILLISECONDS)) {
            answers.add(api.get("/api/chats"));
        }
        return answers;
    }

    private static boolean isAway(Api.Answer answer) {
        return answer.status() == 503
                && answer.code().equals("database_unavailable")
                && answer.headers().firstValue("Retry-After").isPresent();
    }

    private static String text(JsonNode message) {
        return message.path("parts")
                .valueStream()
                .filter(part -> part.path("type").asString("").equals("text"))
                .map(part -> part.path("text").asString())
                .collect(Collectors.joining());
    }

    private static long count(TestServer server, String table) {
        return JdbcClient.create(server.beans(DataSource.class).iterator().next())
                .sql("select count(*) from chatkeep." + table)
                .query(Long.class)
                .single();
    }
}
