package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.run.ModelEvent;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class StatementCountTest {

    private static TestServer server;
    private static Api api;
    private static int turn;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."));
        api = server.guest();
        for (int i = 0; i < 40; i++) {
            api.say("c", "w" + i, "hello");
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void aListIsOneStatement() {
        assertThat(server.cost(() -> api.get("/api/chats?includeStats=true"))).isEqualTo(1);
    }

    @Test
    void aChatWithItsMessagesIsOneStatement() {
        assertThat(server.cost(() -> api.get("/api/chats/c"))).isEqualTo(1);
        assertThat(server.cost(() -> api.get("/api/chats/c?order=desc&messageOffset=3")))
                .isEqualTo(1);
    }

    @Test
    void aChangeIsOneStatement() {
        assertThat(server.cost(() -> api.patch("/api/chats/c", "{\"title\":\"t\"}")))
                .isEqualTo(1);
    }

    @Test
    void writingMessagesIsTwo() {
        assertThat(server.cost(() -> api.post("/api/chats/c/messages", """
                        {"messages":[{"id":"w%d","role":"user","content":"hello"}]}""".formatted(1_000 + turn++))))
                .isEqualTo(2);
    }

    @Test
    void aTurnIsTwoToBeginOneToReadTheWindowAndTwoToEnd() {
        assertThat(server.cost(() -> api.say("c", "t" + turn++, "hello"))).isEqualTo(5);
    }

    /// However many answers are written, and however many tokens they have.
    @Test
    void whatAllAnswersSayIsWrittenInOneStatementEveryFiftyMillisecondsAtTheMost() throws Exception {
        int streams = 100;
        CountDownLatch begun = new CountDownLatch(streams);
        CountDownLatch end = new CountDownLatch(1);
        AtomicLong tokens = new AtomicLong();
        try (TestServer many = TestServer.answering((prompt, cancellation, sink) -> {
            begun.countDown();
            while (end.getCount() > 0) {
                sink.accept(new ModelEvent.TextDelta("word "));
                tokens.incrementAndGet();
                LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
            }
            sink.accept(Scripts.STOP);
        })) {
            Api user = many.guest();
            try (var readers = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < streams; i++) {
                    String chat = "c" + i;
                    readers.execute(() -> user.post("/api/chat", Api.turn(chat, "m", "Hello")));
                }
                assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();

                long tokensBefore = tokens.get();
                long from = System.nanoTime();
                long written = many
                        .sent(() -> LockSupport.parkNanos(Duration.ofSeconds(2).toNanos()))
                        .stream()
                        .filter(statement -> statement.getQuery().contains("insert into chatkeep.run_event"))
                        .count();
                long ticks = Duration.ofNanos(System.nanoTime() - from).toMillis() / 50;
                end.countDown();

                assertThat(written).isBetween(1L, ticks + 1);
                assertThat(tokens.get() - tokensBefore).isGreaterThan(10 * written);
            } finally {
                end.countDown();
            }
        }
    }
}
