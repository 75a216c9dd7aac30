package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.chatkeep.db.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Edits, other answers and stale tabs, as an AI SDK client sends them: nothing that was said is lost.
class BranchApiTest {

    private static final int AT_ONCE = 50;
    private static final AtomicInteger ASKED = new AtomicInteger();
    private static final AtomicReference<CountDownLatch> GATE = new AtomicReference<>(new CountDownLatch(0));
    private static final AtomicReference<List<String>> PROMPT = new AtomicReference<>(List.of());
    private static TestServer server;
    private Api api;

    /// Answers the n-th question that it is asked with "answer n", once the gate is open.
    @BeforeAll
    static void start() {
        server = TestServer.answering(
                (prompt, cancellation, sink) -> {
                    String answer = "answer " + ASKED.incrementAndGet();
                    PROMPT.set(prompt.turns().stream()
                            .map(turn -> String.valueOf(turn.parts()))
                            .toList());
                    Scripts.waitsFor(GATE.get(), answer, "").generate(prompt, cancellation, sink);
                },
                "chatkeep.free-messages.limit=1000");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void signIn() {
        ASKED.set(0);
        GATE.set(new CountDownLatch(0));
        api = server.guest();
    }

    private static String edit(String message, String text) {
        return """
                {"id":"c","trigger":"submit-message","messageId":"%s",
                 "messages":[{"id":"%s","role":"user","parts":[{"type":"text","text":"%s"}]}]}""".formatted(message, message, text);
    }

    /// As a client that sees these messages, each of which is `id` or `id:text` of the last one.
    private static String send(String... seen) {
        var messages = new ArrayList<String>();
        for (String message : seen) {
            messages.add("""
                    {"id":"%s","role":"user","parts":[{"type":"text","text":"%s"}]}""".formatted(message, message));
        }
        return "{\"id\":\"c\",\"trigger\":\"submit-message\",\"messages\":[" + String.join(",", messages) + "]}";
    }

    private static String regenerate(String message) {
        return "{\"id\":\"c\",\"trigger\":\"regenerate-message\",\"messageId\":\"" + message + "\",\"messages\":[]}";
    }

    private static String regenerateLast(String question) {
        return """
                {"id":"c","trigger":"regenerate-message",
                 "messages":[{"id":"%s","role":"user","parts":[{"type":"text","text":"%s"}]}]}""".formatted(question, question);
    }

    private String ask(String body) {
        return Api.chunks(api.post("/api/chat", body))
                .getFirst()
                .path("messageId")
                .stringValue();
    }

    /// The texts of what the chat shows.
    private List<String> shown() {
        return api.chat("c")
                .path("messages")
                .valueStream()
                .map(BranchApiTest::text)
                .toList();
    }

    private static String text(JsonNode message) {
        return message.path("parts")
                .valueStream()
                .map(part -> part.path("text").asString(""))
                .reduce("", String::concat);
    }

    private List<JsonNode> siblings(String message) {
        Api.Answer answer = api.get("/api/chats/c/messages/" + message + "/siblings");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json().path("siblings").valueStream().toList();
    }

    private Api.Answer show(int branch) {
        return api.put("/api/chats/c/branch", "{\"branch\":" + branch + "}");
    }

    @Nested
    class AnEdit {

        @Test
        void isANewBranchAndTheOldOneStays() {
            ask(send("m1"));
            ask(send("m2"));

            ask(edit("m1", "other words"));

            assertThat(shown()).containsExactly("other words", "answer 3");
            assertThat(PROMPT.get()).singleElement().asString().contains("other words");
            assertThat(siblings("m1"))
                    .extracting(
                            it -> text(it.path("message")),
                            it -> it.path("isShown").booleanValue())
                    .containsExactly(tuple("m1", false), tuple("other words", true));
            assertThat(show(0).status()).isEqualTo(200);
            assertThat(shown()).containsExactly("m1", "answer 1", "m2", "answer 2");
        }

        @Test
        void ofTheSecondQuestionKeepsWhatIsAboveIt() {
            ask(send("m1"));
            ask(send("m2"));

            ask(edit("m2", "other words"));

            assertThat(shown()).containsExactly("m1", "answer 1", "other words", "answer 3");
            assertThat(PROMPT.get()).hasSize(3);
            JsonNode page =
                    api.get("/api/chats/c/messages?order=desc&limit=2&offset=1").json();
            assertThat(page.path("pagination").path("total").intValue()).isEqualTo(4);
            assertThat(page.path("messages").valueStream().map(BranchApiTest::text))
                    .containsExactly("other words", "answer 1");
        }

        @Test
        void withTheSameWordsIsWhatItWas() {
            String answer = ask(send("m1"));

            assertThat(ask(edit("m1", "m1"))).isEqualTo(answer);

            assertThat(ASKED).hasValue(1);
            assertThat(shown()).hasSize(2);
        }

        @Test
        void sentAgainIsOneTurnAndBackToEarlierWordsShowsThem() {
            ask(send("m1"));
            String second = ask(edit("m1", "two"));
            assertThat(ask(edit("m1", "two"))).isEqualTo(second);
            ask(edit("m1", "three"));

            assertThat(ask(edit("m1", "two"))).isEqualTo(second);

            assertThat(ASKED).hasValue(3);
            assertThat(shown()).containsExactly("two", "answer 2");
        }

        @Test
        void backToWordsOfALineThatIsNotShownShowsIt() {
            ask(send("m1"));
            ask(send("m2"));
            ask(edit("m1", "two"));

            ask(edit("m2", "m2"));

            assertThat(ASKED).hasValue(3);
            assertThat(shown()).containsExactly("m1", "answer 1", "m2", "answer 2");
        }

        @Test
        void ofAMessageThatIsNotThereIsANewMessage() {
            ask(send("m1"));

            ask(edit("m2", "never arrived"));

            assertThat(shown()).containsExactly("m1", "answer 1", "never arrived", "answer 2");
        }

        @Test
        void ofAnAnswerOrOfAnotherThanTheLastMessageIsRefused() {
            String answer = ask(send("m1"));

            Api.Answer ofAnswer = api.post("/api/chat", edit(answer, "forged"));
            Api.Answer ofAnother =
                    api.post("/api/chat", edit("m1", "x").replace("\"messageId\":\"m1\"", "\"messageId\":\"m9\""));

            assertThat(List.of(ofAnswer, ofAnother)).allSatisfy(refused -> {
                assertThat(refused.status()).isEqualTo(400);
                assertThat(refused.field()).isEqualTo("messageId");
            });
            assertThat(shown()).containsExactly("m1", "answer 1");
        }

        @Test
        void fiftyTimesAtOnceIsOneTurn() throws Exception {
            ask(send("m1"));
            assertOneTurn(edit("m1", "other words"));
            assertThat(shown()).containsExactly("other words", "answer 2");
        }
    }

    /// The model is held back until all read, since an unnamed question for another answer that comes when the
    /// answer has ended asks for one more.
    private void assertOneTurn(String body) throws Exception {
        long messages = server.database().count("message");
        long runs = server.database().count("run");
        long debits = debits();
        int asked = ASKED.get();
        CountDownLatch reading = new CountDownLatch(AT_ONCE);
        GATE.set(reading);

        List<String> answers = AtOnce.run(AT_ONCE, i -> {
            try (Api.Stream stream = api.open(body)) {
                String id = messageId(stream);
                reading.countDown();
                stream.await(line -> line.contains("answer " + (asked + 1)));
                stream.await(line -> line.contains("[DONE]"));
                return id;
            } finally {
                reading.countDown();
            }
        });

        assertThat(Set.copyOf(answers)).hasSize(1);
        assertThat(debits()).isEqualTo(debits + 1);
        assertThat(ASKED).hasValue(asked + 1);
        assertThat(server.database().count("run")).isEqualTo(runs + 1);
        assertThat(server.database().count("message")).isEqualTo(messages + (body.contains("regenerate") ? 1 : 2));
        RaceTest.assertCountersAreTrue(server.database());
    }

    private static String messageId(Api.Stream stream) throws Exception {
        String start = stream.await(line -> line.contains("\"start\""));
        return Json.MAPPER
                .readTree(start.substring("data: ".length()))
                .path("messageId")
                .stringValue();
    }

    private static long debits() {
        return server.database()
                .sql()
                .sql("select coalesce(sum(used), 0) from chatkeep.free_message")
                .query(Long.class)
                .single();
    }

    @Nested
    class AnotherAnswer {

        @Test
        void toANamedOneStandsBesideIt() {
            String first = ask(send("m1"));

            String second = ask(regenerate(first));

            assertThat(second).isNotEqualTo(first);
            assertThat(shown()).containsExactly("m1", "answer 2");
            assertThat(PROMPT.get()).hasSize(1);
            assertThat(siblings(second))
                    .extracting(
                            it -> text(it.path("message")),
                            it -> it.path("branch").intValue())
                    .containsExactly(tuple("answer 1", 0), tuple("answer 2", 1));
        }

        @Test
        void toTheLastQuestionThatTheSenderSees() {
            ask(send("m1"));
            ask(send("m2"));

            ask(regenerateLast("m1"));

            assertThat(shown()).containsExactly("m1", "answer 3");
            assertThat(show(0).status()).isEqualTo(200);
            assertThat(shown()).containsExactly("m1", "answer 1", "m2", "answer 2");
        }

        @Test
        void inTheMiddleKeepsWhatFollowed() {
            String first = ask(send("m1"));
            ask(send("m2"));

            ask(regenerate(first));
            PostedChat.submit("c")
                    .user("m1", "m1")
                    .assistant("x", "x")
                    .user("m3", "m3")
                    .answer(api);

            assertThat(shown()).containsExactly("m1", "answer 3", "m3", "answer 4");
            show(0);
            assertThat(shown()).containsExactly("m1", "answer 1", "m2", "answer 2");
            ask(send("m4"));
            assertThat(shown()).endsWith("m2", "answer 2", "m4", "answer 5");
        }

        @Test
        void toOneThatWasReplacedAlreadyIsTheOneThatReplacedIt() {
            String first = ask(send("m1"));
            String second = ask(regenerate(first));

            assertThat(ask(regenerate(first))).isEqualTo(second);

            show(0);
            assertThat(ask(regenerate(first))).as("it is shown again").isNotEqualTo(second);
            assertThat(ASKED).hasValue(3);
            assertThat(siblings(first)).hasSize(3);
        }

        @Test
        void withAKeyOfItsOwnIsOneTurnForEachKey() {
            String first = ask(send("m1"));
            String second = answerWithKey("k1", regenerate(first));
            assertThat(answerWithKey("k1", regenerate(first))).isEqualTo(second);
            assertThat(answerWithKey("k2", regenerate(first))).isNotEqualTo(second);
            assertThat(ASKED).hasValue(3);
        }

        private String answerWithKey(String key, String body) {
            return Api.chunks(api.sendWith("Idempotency-Key", key, "POST", "/api/chat", body))
                    .getFirst()
                    .path("messageId")
                    .stringValue();
        }

        @Test
        void toAQuestionWhoseAnswerWasDeletedIsNew() {
            api.post("/api/chats", "{\"id\":\"c\"}");
            api.post("/api/chats/c/messages", "{\"messages\":[{\"id\":\"m1\",\"role\":\"user\",\"content\":\"m1\"}]}");
            String second = ask(regenerate(ask(regenerate("m1"))));
            api.delete("/api/chats/c/messages/" + second);
            assertThat(shown()).containsExactly("m1");

            String third = ask(regenerateLast("m1"));

            assertThat(shown()).containsExactly("m1", "answer 3");
            api.delete("/api/chats/c/messages/" + third);
            ask("{\"id\":\"c\",\"trigger\":\"regenerate-message\"}");
            assertThat(shown()).containsExactly("m1", "answer 4");
        }

        @Test
        void toOneInWhosePlaceAnotherTabSaidSomethingIsNew() {
            String first = ask(send("m1"));
            ask(send("m1", "m2"));
            assertThat(shown()).containsExactly("m1", "m2", "answer 2");

            ask(regenerate(first));

            assertThat(shown()).containsExactly("m1", "answer 3");
            assertThat(siblings(first))
                    .extracting(it -> text(it.path("message")))
                    .containsExactly("answer 1", "m2", "answer 3");
        }

        @Test
        void toAMessageThatIsNotThereIsRefused() {
            ask(send("m1"));

            Api.Answer refused = api.post("/api/chat", regenerate("none"));

            assertThat(refused.status()).isEqualTo(404);
            assertThat(refused.code()).isEqualTo("message_not_found");
            assertThat(ASKED).hasValue(1);
        }

        @Test
        void inNoChatIsRefusedAndMakesNone() {
            Api.Answer refused = api.post("/api/chat", regenerate("none"));

            assertThat(refused.status()).isEqualTo(404);
            assertThat(api.get("/api/chats/c").status()).isEqualTo(404);
        }

        @Test
        void fiftyTimesAtOnceIsOneTurnWhetherItIsNamedOrNot() throws Exception {
            String first = ask(send("m1"));
            assertOneTurn(regenerate(first));
            assertOneTurn(regenerateLast("m1"));
            assertThat(siblings(first)).hasSize(3);
        }
    }

    @Nested
    class AStaleTab {

        @Test
        void forksAndOverwritesNothing() {
            String first = ask(send("m1"));
            ask(send("m1", first, "m2"));

            ask(send("m1", first, "m3"));

            assertThat(shown()).containsExactly("m1", "answer 1", "m3", "answer 3");
            assertThat(siblings("m3"))
                    .extracting(it -> text(it.path("message")))
                    .containsExactly("m2", "m3");
        }

        @Test
        void goesOnAlongItsOwnLine() {
            String first = ask(send("m1"));
            String second = ask(send("m1", first, "m2"));
            String third = ask(send("m1", first, "m3"));
            ask(send("m1", first, "m2", second, "m4"));
            assertThat(shown()).containsExactly("m1", "answer 1", "m2", "answer 2", "m4", "answer 4");
            ask(send("m1", first, "m3", third, "m5"));
            assertThat(shown()).containsExactly("m1", "answer 1", "m3", "answer 3", "m5", "answer 5");
        }

        @Test
        void thatSendsOneMessageBesideTheListGoesBehindAll() {
            String first = ask(send("m1"));
            ask("""
                    {"id":"c","messages":[{"id":"m1","role":"user","content":"m1"},{"id":"%s","role":"assistant","parts":[]}],
                     "message":{"id":"m2","role":"user","content":"m2"}}""".formatted(first));
            assertThat(shown()).containsExactly("m1", "answer 1", "m2", "answer 2");
        }

        @Test
        void whoseParentIsUnknownGoesBehindAll() {
            ask(send("m1"));
            PostedChat.submit("c")
                    .user("m1", "m1")
                    .assistant("unknown", "?")
                    .user("m2", "m2")
                    .answer(api);
            ask("""
                    {"id":"c","parentId":"m2","message":{"id":"m3","role":"user","content":"m3"}}""");
            assertThat(shown()).containsExactly("m1", "answer 1", "m2", "m3", "answer 3");
        }

        @Test
        void isAnsweredWhileAnotherLineIs() throws Exception {
            String first = ask(send("m1"));
            CountDownLatch gate = new CountDownLatch(1);
            GATE.set(gate);
            try (Api.Stream one = api.open(send("m1", first, "m2"));
                    Api.Stream two = api.open(send("m1", first, "m3"))) {
                String busyId = messageId(one);
                String shownId = messageId(two);

                Api.Answer busy = api.post(
                        "/api/chat",
                        send("m1", first, "m2", busyId, "m4").replaceFirst("\\{", "{\"ifRunning\":\"refuse\","));
                assertThat(busy.status()).isEqualTo(409);
                assertThat(busy.code()).isEqualTo("run_active");
                assertThat(busy.json().path("runId").stringValue()).hasSize(36);

                JsonNode stopped =
                        api.post("/api/chat/c/stop?messageId=" + busyId, "").json();
                assertThat(stopped.path("messageId").stringValue()).isEqualTo(busyId);
                one.await(line -> line.contains("\"abort\""));
                assertThat(api.chat("c").path("messages").get(3).path("status").stringValue())
                        .isEqualTo("streaming");
                assertThat(api.chat("c").path("messages").get(3).path("id").stringValue())
                        .isEqualTo(shownId);
                gate.countDown();
                two.await(line -> line.contains("[DONE]"));
            }
            assertThat(shown()).containsExactly("m1", "answer 1", "m3", "answer 3");
        }
    }

    @Nested
    class ABranch {

        @Test
        void thatIsNotShownCanBeDeletedWithWhatLeavesIt() {
            String first = ask(send("m1"));
            ask(edit("m1", "two"));
            PostedChat.submit("c")
                    .user("m1", "m1")
                    .assistant("x", "x")
                    .user("m2", "m2")
                    .answer(api);
            ask(edit("m2", "three"));
            show(0);

            Api.Answer deleted = api.delete("/api/chats/c/branches/1");

            assertThat(deleted.json().path("deleted").intValue()).isEqualTo(6);
            assertThat(siblings("m1")).hasSize(1);
            assertThat(show(2).code()).isEqualTo("branch_not_found");
            assertThat(shown()).containsExactly("m1", "answer 1");
            assertThat(api.get("/api/chats/c/messages/" + first).status()).isEqualTo(200);
            RaceTest.assertCountersAreTrue(server.database());
        }

        @Test
        void thatIsShownOrAnsweredOrNotThereIsNotDeleted() throws Exception {
            String first = ask(send("m1"));
            CountDownLatch gate = new CountDownLatch(1);
            GATE.set(gate);
            try (Api.Stream stream = api.open(regenerate(first))) {
                String second = messageId(stream);
                stream.await(line -> line.contains("answer 2"));
                Api.Answer busy = api.post("/api/chat", regenerate(second));
                assertThat(busy.code()).isEqualTo("run_active");
                assertThat(busy.json().path("runId").stringValue()).hasSize(36);
                assertThat(api.delete("/api/chats/c/branches/1").code()).isEqualTo("branch_shown");
                assertThat(api.delete("/api/chats/c/branches/0").code()).isEqualTo("branch_shown");
                show(0);
                assertThat(api.delete("/api/chats/c/branches/1").code()).isEqualTo("run_active");
                assertThat(api.get("/api/chat/c/stream").status())
                        .as("it is not shown")
                        .isEqualTo(204);
                gate.countDown();
                stream.await(line -> line.contains("[DONE]"));
            }
            assertThat(api.delete("/api/chats/c/branches/9").code()).isEqualTo("branch_not_found");
            assertThat(api.delete("/api/chats/c/branches/1").status()).isEqualTo(200);
        }

        @Test
        void isShownAgainAsOftenAsOneLikes() {
            ask(send("m1"));
            ask(edit("m1", "two"));

            Api.Answer once = show(0);
            Api.Answer again = show(0);

            assertThat(once.status()).isEqualTo(200);
            assertThat(again.headers().firstValue("ETag"))
                    .isEqualTo(once.headers().firstValue("ETag"));
            assertThat(again.text()).isEqualTo(once.text());
            assertThat(show(7).code()).isEqualTo("branch_not_found");
            assertThat(api.put("/api/chats/c/branch", "{\"branch\":\"0\"}").field())
                    .isEqualTo("branch");
            assertThat(shown()).containsExactly("m1", "answer 1");
        }

        @Test
        void losesAMessageThatIsDeletedOnEveryLine() {
            String first = ask(send("m1"));
            ask(send("m2"));
            ask(edit("m2", "two"));

            api.delete("/api/chats/c/messages/" + first);

            assertThat(shown()).containsExactly("m1", "two", "answer 3");
            show(0);
            assertThat(shown()).containsExactly("m1", "m2", "answer 2");
            assertThat(api.delete("/api/chats/c/messages")
                            .json()
                            .path("deleted")
                            .intValue())
                    .isEqualTo(5);
            assertThat(show(1).code()).isEqualTo("branch_not_found");
            RaceTest.assertCountersAreTrue(server.database());
        }

        @Test
        void isNotMadeWhereThereAreTooMany() {
            String first = ask(send("m1"));
            server.database().sql().sql("""
                            insert into chatkeep.chat_branch (user_id, chat_id, branch, path)
                            select user_id, chat_id, n, array[array[n, 0, 0]]
                            from chatkeep.message, generate_series(1001, 1499) as n
                            where id = :message
                            """).param("message", first).update();
            server.database()
                    .sql()
                    .sql("update chatkeep.chat set branches = 1500")
                    .update();

            assertThat(api.post("/api/chat", regenerate(first)).code()).isEqualTo("too_many_branches");

            ask(send("m2"));
            assertThat(shown()).hasSize(4);
            assertThat(api.delete("/api/chats/c/branches/1499").status()).isEqualTo(200);
            ask(regenerate(first));
            assertThat(shown()).hasSize(2);
        }

        @Test
        void ofAForeignOrDeletedChatIsNotFound() {
            ask(send("m1"));
            Api other = server.guest();
            assertThat(other.get("/api/chats/c/messages/m1/siblings").status()).isEqualTo(404);
            assertThat(other.put("/api/chats/c/branch", "{\"branch\":0}").status())
                    .isEqualTo(404);
            assertThat(other.delete("/api/chats/c/branches/0").status()).isEqualTo(404);
            api.delete("/api/chats/c");
            assertThat(api.get("/api/chats/c/messages/m1/siblings").status()).isEqualTo(410);
            assertThat(show(0).status()).isEqualTo(410);
        }
    }
}
