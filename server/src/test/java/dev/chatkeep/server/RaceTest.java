package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RaceTest {

    private static final int AT_ONCE = 50;

    @Test
    void fiftyIdenticalSendsAtOnceAreOneTurnAndAllReadItsAnswer() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (TestServer server = TestServer.answering((prompt, cancellation, sink) -> {
            asked.incrementAndGet();
            Scripts.saysText("The answer.").generate(prompt, cancellation, sink);
        })) {
            Api api = server.guest();

            List<Api.Answer> answers = AtOnce.run(AT_ONCE, i -> api.post("/api/chat", Api.turn("c", "m", "Hello")));

            assertThat(asked).hasValue(1);
            assertThat(answers)
                    .allSatisfy(
                            answer -> assertThat(Api.chunks(answer).toString()).contains("The answer.", "\"finish\""));
            assertThat(answers.stream()
                            .map(answer -> Api.chunks(answer).getFirst().path("messageId"))
                            .distinct())
                    .hasSize(1);
            assertThat(server.database().count("message")).isEqualTo(2);
            assertThat(server.database().count("run")).isEqualTo(1);
            assertCountersAreTrue(server.database());
        }
    }

    @Test
    void ofFiftyDifferentSendsToOneChatAtOnceOneIsAnsweredAtATime() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        try (TestServer server = TestServer.answering(Scripts.waitsFor(goOn))) {
            Api api = server.guest();

            AtomicInteger refused = new AtomicInteger();
            List<Api.Answer> answers = AtOnce.run(AT_ONCE, i -> {
                Api.Answer answer = api.post("/api/chat", Api.turn("c", "m" + i, "Hello"));
                if (answer.status() == 409 && refused.incrementAndGet() == AT_ONCE - 1) {
                    goOn.countDown();
                }
                return answer;
            });

            assertThat(answers.stream().filter(answer -> answer.status() == 200))
                    .hasSize(1);
            assertThat(answers.stream().filter(answer -> answer.status() == 409))
                    .hasSize(AT_ONCE - 1)
                    .allMatch(answer -> answer.code().equals("run_active"));
            assertThat(server.database().count("message")).isEqualTo(2);
            assertCountersAreTrue(server.database());
        }
    }

    @Test
    void countersEqualTheRowsAfterEightThreadsDidWhatTheyLiked() throws Exception {
        try (TestServer server = TestServer.answering(Scripts.saysText("Hi."))) {
            Api api = server.guest();
            AtomicInteger messages = new AtomicInteger();
            AtOnce.run(8, worker -> {
                Random random = new Random(worker);
                for (int i = 0; i < 60; i++) {
                    String chat = "c" + random.nextInt(6);
                    Api.Answer answer = switch (random.nextInt(6)) {
                        case 0 -> api.delete("/api/chats/" + chat);
                        case 1 -> api.post("/api/chats/" + chat + "/restore", "");
                        case 2 -> api.patch("/api/chats/" + chat, "{\"title\":\"t" + i + "\"}");
                        default -> api.post("/api/chat", Api.turn(chat, "m" + messages.incrementAndGet(), "Hello"));
                    };
                    assertThat(answer.status()).as(answer.text()).isIn(200, 404, 409, 410);
                }
                return true;
            });
            assertCountersAreTrue(server.database());
        }
    }

    static void assertCountersAreTrue(TestDatabase database) {
        assertThat(database.sql().sql("""
                        select count(*)
                        from chatkeep.user_head h
                        where (active_chats, deleted_chats, messages) <> (
                            select count(*) filter (where not is_deleted), count(*) filter (where is_deleted),
                                coalesce(sum((select count(*) from chatkeep.message m
                                    where m.user_id = h.user_id and m.chat_id = c.id))
                                    filter (where not is_deleted), 0)::bigint
                            from chatkeep.chat c
                            where c.user_id = h.user_id)
                        """).query(Long.class).single()).isZero();
        assertThat(database.sql().sql("""
                        select count(*)
                        from chatkeep.chat c
                        where stored_messages <>
                            (select count(*) from chatkeep.message m
                             where m.user_id = c.user_id and m.chat_id = c.id)
                        """).query(Long.class).single()).isZero();
    }
}
