package dev.chatkeep.server;

import static dev.chatkeep.server.PostedChat.regenerate;
import static dev.chatkeep.server.PostedChat.shown;
import static dev.chatkeep.server.PostedChat.submit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.Prompt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A page stops an answer, which only hangs up, and sends the next message at once.
class StopThenSendTest {

    private static final AtomicReference<CountDownLatch> GATE = new AtomicReference<>(new CountDownLatch(0));
    private static TestServer one;
    private static TestServer two;
    private Api api;

    /// Answers the first question of a chat with "begun" and waits; the next ones with "done" at once.
    @BeforeAll
    static void start() {
        one = TestServer.answering(
                (prompt, cancellation, sink) -> answer(prompt).generate(prompt, cancellation, sink));
        two = TestServer.answering(
                (prompt, cancellation, sink) -> answer(prompt).generate(prompt, cancellation, sink), one.database());
        await().untilAsserted(() -> assertThat(one.database().count("node")).isEqualTo(2));
    }

    private static dev.chatkeep.run.Generator answer(Prompt prompt) {
        return prompt.turns().size() == 1
                ? Scripts.waitsFor(GATE.get(), "begun", " ended")
                : Scripts.says(new ModelEvent.TextDelta("done"), Scripts.STOP);
    }

    @AfterAll
    static void stop() {
        try (TestServer _ = one;
                TestServer _ = two) {
            // Closing is all there is to do.
        }
    }

    @BeforeEach
    void signIn() {
        GATE.set(new CountDownLatch(1));
        api = one.guest();
    }

    @AfterEach
    void letGo() {
        GATE.get().countDown();
    }

    /// Sends the first question, and hangs up when its answer has begun.
    private String hangUp() throws Exception {
        try (Api.Stream stream = api.open(submit("c").user("u1", "one").toString())) {
            String start = stream.await(line -> line.contains("\"start\""));
            stream.await(line -> line.contains("begun"));
            return start.replaceAll(".*\"messageId\":\"([^\"]*)\".*", "$1");
        }
    }

    private Api at(String node) {
        return new Api((node.equals("one") ? one : two).url(), api.token());
    }

    @ParameterizedTest
    @ValueSource(strings = {"one", "two"})
    void theNextMessageGoesBehindTheStoppedAnswer(String node) throws Exception {
        String running = hangUp();

        submit("c")
                .user("u1", "one")
                .assistant(running, "begun")
                .user("u2", "two")
                .answer(at(node));

        assertThat(shown(api, "c"))
                .containsExactly("user: one", "assistant (stopped): begun", "user: two", "assistant: done");
        RaceTest.assertCountersAreTrue(one.database());
    }

    @ParameterizedTest
    @ValueSource(strings = {"one", "two"})
    void soItDoesWhenItsPageSawNothingOfTheAnswer(String node) throws Exception {
        hangUp();

        submit("c").user("u1", "one").user("u2", "two").answer(at(node));

        assertThat(shown(api, "c"))
                .containsExactly("user: one", "assistant (stopped): begun", "user: two", "assistant: done");
    }

    @Test
    void sentAgainItIsTheSameTurn() throws Exception {
        String running = hangUp();
        PostedChat next =
                submit("c").user("u1", "one").assistant(running, "begun").user("u2", "two");

        String answer = next.answer(api);

        assertThat(next.answer(api)).isEqualTo(answer);
        assertThat(next.with("ifRunning", "stop").answer(api)).isEqualTo(answer);
        assertThat(shown(api, "c")).hasSize(4);
    }

    @Test
    void manyAtOnceAreOneTurn() throws Exception {
        String running = hangUp();

        AtOnce.run(
                10,
                i -> submit("c")
                        .user("u1", "one")
                        .assistant(running, "begun")
                        .user("u2", "two")
                        .post(at(i % 2 == 0 ? "one" : "two")));

        assertThat(shown(api, "c"))
                .containsExactly("user: one", "assistant (stopped): begun", "user: two", "assistant: done");
    }

    @Test
    void twoTabsThatSendAtOnceStillConflict() throws Exception {
        hangUp();

        Api.Answer other = submit("c").user("x", "of another tab").post(api);

        assertThat(other.status()).isEqualTo(409);
        assertThat(other.code()).isEqualTo("run_active");
        GATE.get().countDown();
        await().untilAsserted(() -> assertThat(api.lastStatus("c")).isEqualTo("complete"));
        assertThat(shown(api, "c")).containsExactly("user: one", "assistant: begun ended");
    }

    @Test
    void aClientMaySayThatItIsRefused() throws Exception {
        String running = hangUp();

        for (PostedChat next : new PostedChat[] {
            submit("c").user("u1", "one").assistant(running, "begun").user("u2", "two"),
            submit("c").user("u1", "one").user("u2", "two")
        }) {
            Api.Answer refusal = next.with("ifRunning", "refuse").post(api);

            assertThat(refusal.status()).isEqualTo(409);
            assertThat(refusal.code()).isEqualTo("run_active");
            assertThat(refusal.json().has("runId")).isTrue();
        }
        assertThat(shown(api, "c")).containsExactly("user: one", "assistant (streaming): ");
    }

    @Test
    void aClientMaySayThatWhateverIsAnsweredIsStopped() throws Exception {
        hangUp();

        submit("c").user("x", "of another tab").with("ifRunning", "stop").answer(api);

        assertThat(shown(api, "c"))
                .containsExactly("user: one", "assistant (stopped): begun", "user: of another tab", "assistant: done");
    }

    @Test
    void anotherAnswerInsteadOfTheStoppedOneIsAskedForInSoManyWords() throws Exception {
        String running = hangUp();
        assertThat(regenerate("c")
                        .user("u1", "one")
                        .with("messageId", running)
                        .post(api)
                        .code())
                .isEqualTo("run_active");
        Thread.ofVirtual()
                .start(() -> await().until(() -> {
                    GATE.get().countDown();
                    return true;
                }));

        String anew = regenerate("c")
                .user("u1", "one")
                .with("messageId", running)
                .with("ifRunning", "stop")
                .answer(api);

        assertThat(anew).isNotEqualTo(running);
        assertThat(api.get("/api/chats/c/messages/" + running)
                        .json()
                        .path("message")
                        .path("status")
                        .stringValue())
                .isIn("stopped", "complete");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "halt", "STOP"})
    void anythingElseIsNoWordForIt(String word) {
        Api.Answer refusal =
                submit("c").user("u1", "one").with("ifRunning", word).post(api);

        assertThat(refusal.status()).isEqualTo(400);
        assertThat(refusal.field()).isEqualTo("ifRunning");
    }
}
