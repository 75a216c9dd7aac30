package dev.chatkeep.server;

import static dev.chatkeep.server.PostedChat.regenerate;
import static dev.chatkeep.server.PostedChat.shown;
import static dev.chatkeep.server.PostedChat.submit;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.message.Part;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A page shows a message that never arrived: whatever it does next, that message is what is answered, or is
/// kept.
class NeverArrivedTest {

    private static final AtomicReference<CountDownLatch> GATE = new AtomicReference<>(new CountDownLatch(0));
    private static TestServer server;
    private Api api;

    /// Repeats the question.
    @BeforeAll
    static void start() {
        server = TestServer.answering(
                (prompt, cancellation, sink) -> {
                    String question = prompt.turns().getLast().parts().stream()
                            .map(part -> part instanceof Part.Text(String text) ? text : "")
                            .reduce("", String::concat);
                    Scripts.waitsFor(GATE.get(), "To " + question, "").generate(prompt, cancellation, sink);
                },
                "chatkeep.free-messages.limit=1000",
                "chatkeep.limits.per-user=0");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void signIn() {
        GATE.set(new CountDownLatch(0));
        api = server.guest();
    }

    /// The question before it must not be answered anew instead.
    @ParameterizedTest
    @ValueSource(strings = {"\"msg.123\"", "\"a b\"", "\"\"", "5"})
    void withAnIdThatIsNoneIsRefused(String id) {
        api.say("c", "m1", "first");

        Api.Answer refused = api.post("/api/chat", lostWords("\"id\":" + id + ","));

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().path("field").stringValue()).isEqualTo("messages[0].id");
        assertThat(api.chat("c").path("messages").size()).isEqualTo(2);
    }

    @Test
    void withoutAnIdIsSent() {
        api.say("c", "m1", "first");

        api.post("/api/chat", lostWords(""));

        assertThat(api.chat("c").path("messages").size()).isEqualTo(4);
        assertThat(api.chat("c").path("messages").get(3).path("parts").toString())
                .contains("To lost words");
    }

    private static String lostWords(String id) {
        return "{\"id\":\"c\",\"trigger\":\"regenerate-message\",\"messages\":[{" + id
                + "\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"lost words\"}]}]}";
    }

    private int used() {
        return api.get("/api/free-messages/status")
                .json()
                .path("freeMessages")
                .path("used")
                .intValue();
    }

    @Nested
    class RegenerateOfIt {

        @Test
        void sendsItBehindWhatItsPageShows() {
            String a1 = submit("c").user("u1", "one").answer(api);

            regenerate("c")
                    .user("u1", "one")
                    .assistant(a1, "To one")
                    .user("u2", "two")
                    .answer(api);

            assertThat(shown(api, "c"))
                    .containsExactly("user: one", "assistant: To one", "user: two", "assistant: To two");
            assertThat(used()).isEqualTo(2);
        }

        @Test
        void makesTheChatWhenThereIsNone() {
            regenerate("new").user("u1", "one").answer(api);

            assertThat(shown(api, "new")).containsExactly("user: one", "assistant: To one");
            assertThat(api.chat("new").path("chat").path("title").stringValue()).isEqualTo("one");
        }

        @Test
        void sendsItAlsoWhenItNamesAMessageThatNobodyKnows() {
            String a1 = submit("c").user("u1", "one").answer(api);

            regenerate("c")
                    .user("u1", "one")
                    .assistant(a1, "To one")
                    .user("u2", "two")
                    .with("messageId", "unknown")
                    .answer(api);

            assertThat(shown(api, "c")).endsWith("user: two", "assistant: To two");
        }

        @Test
        void isStoredOnceWhenItsPageHasItTwice() {
            submit("c").user("u1", "one").user("u1", "one").user("u2", "two").answer(api);

            assertThat(shown(api, "c")).containsExactly("user: one", "user: two", "assistant: To two");
        }

        @Test
        void isOneTurnWithTheSendThatArrivesLate() {
            String a1 = submit("c").user("u1", "one").answer(api);
            PostedChat send =
                    submit("c").user("u1", "one").assistant(a1, "To one").user("u2", "two");
            String early = regenerate("c")
                    .user("u1", "one")
                    .assistant(a1, "To one")
                    .user("u2", "two")
                    .answer(api);

            assertThat(send.answer(api)).isEqualTo(early);

            assertThat(shown(api, "c")).hasSize(4);
            assertThat(used()).isEqualTo(2);
        }

        @Test
        void isOneTurnWithTheSendThatIsBeingAnswered() throws Exception {
            GATE.set(new CountDownLatch(1));
            try (Api.Stream stream = api.open(submit("c").user("u1", "one").toString())) {
                stream.await(line -> line.contains("To one"));

                try (Api.Stream again =
                        api.open(regenerate("c").user("u1", "one").toString())) {
                    again.await(line -> line.contains("To one"));
                    GATE.get().countDown();
                    again.await(line -> line.contains("[DONE]"));
                }
            }
            assertThat(shown(api, "c")).containsExactly("user: one", "assistant: To one");
            assertThat(used()).isEqualTo(1);
        }

        @Test
        void sentManyTimesAtOnceIsOneTurn() throws Exception {
            GATE.set(new CountDownLatch(1));
            CountDownLatch begun = new CountDownLatch(20);
            Thread.ofVirtual().start(() -> {
                Awaitility.await().until(() -> begun.getCount() == 0);
                GATE.get().countDown();
            });

            AtOnce.run(20, i -> {
                PostedChat posted = (i % 2 == 0 ? regenerate("c") : submit("c")).user("u1", "one");
                try (Api.Stream stream = api.open(posted.toString())) {
                    stream.await(line -> line.contains("To one"));
                    begun.countDown();
                    return stream.await(line -> line.contains("[DONE]"));
                }
            });

            assertThat(shown(api, "c")).containsExactly("user: one", "assistant: To one");
            assertThat(used()).isEqualTo(1);
        }

        @Test
        void isTheEditWhenTheChatHasItWithOtherWords() {
            String a1 = submit("c").user("u1", "one").answer(api);
            submit("c")
                    .user("u1", "one")
                    .assistant(a1, "To one")
                    .user("u2", "two")
                    .answer(api);
            PostedChat edit = submit("c")
                    .user("u1", "one")
                    .assistant(a1, "To one")
                    .user("u2", "second")
                    .with("messageId", "u2");

            String early = regenerate("c")
                    .user("u1", "one")
                    .assistant(a1, "To one")
                    .user("u2", "second")
                    .answer(api);

            assertThat(shown(api, "c"))
                    .containsExactly("user: one", "assistant: To one", "user: second", "assistant: To second");
            assertThat(edit.answer(api)).isEqualTo(early);
            assertThat(used()).isEqualTo(3);
        }

        @Test
        void ofAStoredMessageIsAnotherAnswerStill() {
            String first = submit("c").user("u1", "one").answer(api);

            String second = regenerate("c").user("u1", "one").answer(api);

            assertThat(second).isNotEqualTo(first);
            assertThat(shown(api, "c")).containsExactly("user: one", "assistant: To one");
            assertThat(api.get("/api/chats/c/messages/" + second + "/siblings")
                            .json()
                            .path("siblings"))
                    .hasSize(2);
        }

        @Test
        void namesWhatIsWrongWithIt() {
            Api.Answer answer = regenerate("c").user("u1", " ").post(api);

            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.field()).isEqualTo("messages[0].parts");
            assertThat(api.get("/api/chats/c").status()).isEqualTo(404);
        }

        @Test
        void answersNothingElseWhenTheLastMessageIsAnAnswerThatNobodyKnows() {
            submit("c").user("u1", "one").answer(api);

            Api.Answer answer =
                    regenerate("c").user("u1", "one").assistant("unknown", "?").post(api);

            assertThat(answer.code()).isEqualTo("message_not_found");
            assertThat(used()).isEqualTo(1);
        }
    }

    @Nested
    class TheNextMessageBehindIt {

        @Test
        void bringsItAlong() {
            String a1 = submit("c").user("u1", "one").answer(api);

            submit("c")
                    .user("u1", "one")
                    .assistant(a1, "To one")
                    .user("u2", "lost")
                    .user("u3", "three")
                    .answer(api);

            assertThat(shown(api, "c"))
                    .containsExactly(
                            "user: one", "assistant: To one", "user: lost", "user: three", "assistant: To three");
            assertThat(used()).as("only what is answered is counted").isEqualTo(2);
            RaceTest.assertCountersAreTrue(server.database());
        }

        @Test
        void bringsAllOfThemAndTheirTitle() {
            regenerate("c")
                    .user("u1", "lost")
                    .user("u2", "too")
                    .user("u3", "three")
                    .answer(api);

            assertThat(shown(api, "c"))
                    .containsExactly("user: lost", "user: too", "user: three", "assistant: To three");
            assertThat(api.chat("c").path("chat").path("title").stringValue()).isEqualTo("lost");
        }

        @Test
        void bringsItOnce() {
            PostedChat next = submit("c").user("u1", "lost").user("u2", "two");
            String answer = next.answer(api);

            assertThat(next.answer(api)).isEqualTo(answer);
            submit("c")
                    .user("u1", "lost")
                    .user("u2", "two")
                    .assistant(answer, "To two")
                    .user("u3", "three")
                    .answer(api);

            assertThat(shown(api, "c"))
                    .containsExactly(
                            "user: lost", "user: two", "assistant: To two", "user: three", "assistant: To three");
            assertThat(api.get("/api/chats/c/messages/u1")
                            .json()
                            .path("message")
                            .path("status"))
                    .hasToString("\"complete\"");
        }

        @Test
        void leavesWhatWasRefusedWhenItWasSent() {
            submit("c").user("u1", " ").user("u2", "two").answer(api);

            assertThat(shown(api, "c")).containsExactly("user: two", "assistant: To two");
        }

        @Test
        void isNotOvertakenByTheOneThatArrivesLate() {
            String a1 = submit("c").user("u1", "one").answer(api);
            submit("c")
                    .user("u1", "one")
                    .assistant(a1, "To one")
                    .user("u2", "lost")
                    .user("u3", "three")
                    .answer(api);
            List<String> before = shown(api, "c");

            Api.Answer late = submit("c")
                    .user("u1", "one")
                    .assistant(a1, "To one")
                    .user("u2", "lost")
                    .post(api);

            assertThat(late.status()).isEqualTo(409);
            assertThat(late.code()).isEqualTo("message_id_taken");
            assertThat(shown(api, "c")).isEqualTo(before);
        }
    }
}
