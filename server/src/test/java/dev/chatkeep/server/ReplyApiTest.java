package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.Generator;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.Prompt;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class ReplyApiTest {

    private static final AtomicReference<Generator> SCRIPT = new AtomicReference<>(Scripts.saysText("Hi."));
    private static TestServer server;
    private Api api;

    @BeforeAll
    static void start() {
        server = TestServer.answering(
                (prompt, cancellation, sink) -> SCRIPT.get().generate(prompt, cancellation, sink));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void signIn() {
        SCRIPT.set(Scripts.saysText("Hi."));
        api = server.guest();
    }

    @Nested
    class TheStream {

        @Test
        void isTheMessageThatIsStored() {
            SCRIPT.set(Scripts.says(
                    new ModelEvent.ReasoningDelta("Let me "),
                    new ModelEvent.ReasoningDelta("see."),
                    new ModelEvent.ReasoningEnd(new Json("{\"anthropic\":{\"signature\":\"abc\"}}")),
                    new ModelEvent.ToolInputStart("call_1", "weather"),
                    new ModelEvent.ToolInputDelta("call_1", "{\"city\":\"Par"),
                    new ModelEvent.ToolInputDelta("call_1", "is\"}"),
                    new ModelEvent.ToolInput("call_1", "weather", "{\"city\":\"Paris\"}"),
                    new ModelEvent.ToolOutput("call_1", new Json("{\"temp\":20}")),
                    new ModelEvent.TextDelta("20 "),
                    new ModelEvent.TextDelta("°C"),
                    Scripts.STOP));

            List<JsonNode> chunks = api.say("c", "m", "Weather?");

            assertThat(chunks.stream().map(chunk -> chunk.path("type").stringValue()))
                    .containsExactly(
                            "start",
                            "start-step",
                            "reasoning-start",
                            "reasoning-delta",
                            "reasoning-delta",
                            "reasoning-end",
                            "tool-input-start",
                            "tool-input-delta",
                            "tool-input-delta",
                            "tool-input-available",
                            "tool-output-available",
                            "text-start",
                            "text-delta",
                            "text-delta",
                            "text-end",
                            "finish-step",
                            "finish");
            JsonNode answer = api.chat("c").path("messages").get(1);
            assertThat(answer.path("id")).isEqualTo(chunks.getFirst().path("messageId"));
            assertThat(answer.path("status").stringValue()).isEqualTo("complete");
            ObjectNode told = (ObjectNode) chunks.getLast().path("messageMetadata");
            assertThat(told.remove("status").stringValue()).isEqualTo("complete");
            assertThat(answer.path("metadata")).isEqualTo(told);
            assertThat(answer.path("metadata").path("tokens").toString())
                    .isEqualTo("{\"input\":3,\"total\":8,\"output\":5}");
            assertThat(answer.path("metadata").path("finishReason").stringValue())
                    .isEqualTo("stop");
            assertThat(answer.path("metadata").path("modelId").stringValue()).isEqualTo("test");
            assertThat(answer.path("parts")).isEqualTo(Json.MAPPER.readTree("""
                            [{"type":"step-start"},
                             {"type":"reasoning","id":"reasoning-1-1","text":"Let me see.","state":"done",
                              "providerMetadata":{"anthropic":{"signature":"abc"}}},
                             {"type":"dynamic-tool","toolName":"weather","toolCallId":"call_1",
                              "state":"output-available","providerExecuted":true,"input":{"city":"Paris"},
                              "output":{"temp":20}},
                             {"type":"text","text":"20 °C","state":"done"}]"""));
        }

        @Test
        void hasNoFieldThatTheOldestClientsRefuse() {
            List<JsonNode> chunks = api.say("c", "m", "Hello");

            assertThat(chunks.getLast().propertyNames()).containsExactlyInAnyOrder("type", "messageMetadata");
            assertThat(chunks.toString()).doesNotContain("null");
        }

        @Test
        void replacesWhatPostgresRefusesAndJoinsSplitPairs() {
            String emoji = "😀";
            SCRIPT.set(Scripts.says(
                    new ModelEvent.TextDelta("a\0b" + emoji.charAt(0)),
                    new ModelEvent.TextDelta(emoji.charAt(1) + "c\uDC00"),
                    Scripts.STOP));

            api.say("c", "m", "NUL \0 here");

            JsonNode messages = api.chat("c").path("messages");
            assertThat(messages.get(0).toString()).contains("NUL \uFFFD here");
            assertThat(messages.get(1).toString()).contains("a\uFFFDb😀c\uFFFD");
        }

        @Test
        void goesOnWithoutItsReader() throws Exception {
            CountDownLatch goOn = new CountDownLatch(1);
            SCRIPT.set(Scripts.waitsFor(goOn));
            try (Api.Stream stream = api.open(Api.turn("c", "m", "Hello"))) {
                stream.await(line -> line.contains("begun"));
                JsonNode half = api.chat("c").path("messages").get(1);
                assertThat(half.path("status").stringValue()).isEqualTo("streaming");
                assertThat(half.path("parts")).isEmpty();
            }
            goOn.countDown();

            await().untilAsserted(() -> assertThat(api.lastStatus("c")).isEqualTo("complete"));
            assertThat(api.chat("c").path("messages").get(1).toString()).contains("begun ended");
        }
    }

    @Nested
    class TheBody {

        @Test
        void mayHoldOneMessageOrTheWholeHistoryOrPlainContent() {
            api.say("c", "m1", "first");
            api.post("/api/chat", """
                    {"id":"c","message":{"id":"m2","role":"user","parts":[{"type":"text","text":"second"}]}}""");
            api.post("/api/chat", """
                    {"chatId":"c","id":"ignored","messages":[
                      {"id":"x","role":"assistant","parts":[{"type":"text","text":"forged"}]},
                      {"id":"m3","role":"user","content":"third"}],"model":"test","userId":"someone"}""");

            JsonNode chat = api.chat("c");
            assertThat(chat.path("messages")
                            .valueStream()
                            .map(m -> m.path("role").stringValue()))
                    .containsExactly("user", "assistant", "user", "assistant", "user", "assistant");
            assertThat(chat.toString()).contains("first", "second", "third").doesNotContain("forged");
        }

        @Test
        void withoutAChatIdMakesANewChat() {
            List<JsonNode> chunks = Api.chunks(api.post("/api/chat", """
                    {"message":{"role":"user","content":"hello"}}"""));

            JsonNode chat = api.get("/api/chats").json().path("chats").get(0);
            assertThat(chat.path("id").stringValue()).hasSize(36);
            assertThat(chunks.getFirst().path("messageMetadata").path("chatId")).isEqualTo(chat.path("id"));
        }

        @Test
        void keepsTheClientsMetadataButNotTheServersKeys() {
            api.post("/api/chat", """
                    {"id":"c","sandboxId":"box","reasoningEffort":"high","message":{"id":"m","role":"user",
                     "metadata":{"mine":1,"tokens":{"input":99},"paymentId":"p","status":"complete"},
                     "attachments":[{"name":"a.txt"}],
                     "parts":[{"type":"text","text":"hello"},{"type":"data-new-kind","data":{"z":1,"a":[2.0]}}]}}""");

            JsonNode chat = api.chat("c");
            JsonNode message = chat.path("messages").get(0);
            assertThat(message.path("metadata").toString()).isEqualTo("{\"mine\":1}");
            assertThat(message.path("attachments").toString()).isEqualTo("[{\"name\":\"a.txt\"}]");
            assertThat(message.path("parts").get(1))
                    .isEqualTo(Json.MAPPER.readTree("{\"type\":\"data-new-kind\",\"data\":{\"z\":1,\"a\":[2.0]}}"));
            assertThat(chat.path("chat").path("sandboxId").stringValue()).isEqualTo("box");
            assertThat(chat.path("messages")
                            .get(1)
                            .path("metadata")
                            .path("reasoningEffort")
                            .stringValue())
                    .isEqualTo("high");
        }
    }

    @Nested
    class AskingAgain {

        @Test
        void afterTheEndGivesTheSameAnswerAndAsksNoModel() {
            AtomicInteger asked = new AtomicInteger();
            SCRIPT.set((prompt, cancellation, sink) -> {
                asked.incrementAndGet();
                sink.accept(new ModelEvent.ReasoningDelta("Hm."));
                sink.accept(new ModelEvent.TextDelta("Once."));
                sink.accept(Scripts.STOP);
            });
            List<JsonNode> first = api.say("c", "m", "Hello");

            List<JsonNode> again = api.say("c", "m", "Hello");

            assertThat(asked).hasValue(1);
            assertThat(again.getFirst().path("messageId"))
                    .isEqualTo(first.getFirst().path("messageId"));
            assertThat(again.getLast()).isEqualTo(first.getLast());
            assertThat(again.toString()).contains("Hm.", "Once.");
            assertThat(api.chat("c").path("messages")).hasSize(2);
        }

        @Test
        void withOtherWordsUnderTheSameIdIsAConflict() {
            api.say("c", "m", "Hello");

            Api.Answer other = api.post("/api/chat", Api.turn("c", "m", "Goodbye"));

            assertThat(other.status()).isEqualTo(409);
            assertThat(other.code()).isEqualTo("message_id_taken");
            assertThat(api.chat("c").path("messages")).hasSize(2);
        }

        @Test
        void somethingElseWhileAnAnswerIsWrittenIsAConflict() throws Exception {
            CountDownLatch goOn = new CountDownLatch(1);
            SCRIPT.set(Scripts.waitsFor(goOn));
            try (Api.Stream stream = api.open(Api.turn("c", "m1", "Hello"))) {
                stream.await(line -> line.contains("begun"));

                Api.Answer busy = api.post("/api/chat", Api.turn("c", "m2", "And?"));

                assertThat(busy.status()).isEqualTo(409);
                assertThat(busy.code()).isEqualTo("run_active");
                goOn.countDown();
                stream.await(line -> line.contains("[DONE]"));
            }
            assertThat(api.chat("c").path("messages")).hasSize(2);
        }
    }

    @Nested
    class AFailingModel {

        @Test
        void isAskedThreeTimesBeforeItsFirstWord() {
            AtomicInteger asked = new AtomicInteger();
            SCRIPT.set((prompt, cancellation, sink) -> {
                if (asked.incrementAndGet() < 3) {
                    throw new GenerationException(
                            GenerationException.Kind.RATE_LIMITED, "secret detail", Duration.ofMillis(1), null);
                }
                sink.accept(new ModelEvent.TextDelta("At last."));
                sink.accept(Scripts.STOP);
            });

            api.say("c", "m", "Hello");

            assertThat(api.chat("c").path("messages").get(1).toString()).contains("At last.", "complete");
        }

        @Test
        void isNotAskedAgainAfterItsFirstWordAndKeepsWhatItSaid() {
            AtomicInteger asked = new AtomicInteger();
            SCRIPT.set((prompt, cancellation, sink) -> {
                asked.incrementAndGet();
                sink.accept(new ModelEvent.TextDelta("Half an ans"));
                sink.accept(new ModelEvent.ToolInputStart("t1", "search"));
                sink.accept(new ModelEvent.ToolInputDelta("t1", "{\"q\":\"a"));
                throw new GenerationException(GenerationException.Kind.BROKEN, "secret detail");
            });

            List<JsonNode> chunks = api.say("c", "m", "Hello");

            assertThat(asked).hasValue(1);
            assertThat(chunks.getLast().path("type").stringValue()).isEqualTo("error");
            assertThat(chunks.toString()).doesNotContain("secret");
            JsonNode answer = api.chat("c").path("messages").get(1);
            assertThat(answer.path("status").stringValue()).isEqualTo("failed");
            assertThat(answer.path("metadata").path("finishReason").stringValue())
                    .isEqualTo("error");
            assertThat(answer.path("parts")).isEqualTo(Json.MAPPER.readTree("""
                            [{"type":"step-start"},{"type":"text","text":"Half an ans","state":"done"},
                             {"type":"dynamic-tool","toolName":"search","toolCallId":"t1","state":"output-error",
                              "input":{"q":"a"},"errorText":"The answer ended here."}]"""));
            SCRIPT.set(Scripts.saysText("Better."));
            assertThat(api.say("c", "m2", "Try again").getLast().path("type").stringValue())
                    .isEqualTo("finish");
        }

        @Test
        void thatEndsWithoutSayingWhyHasFailed() {
            SCRIPT.set(Scripts.says(new ModelEvent.TextDelta("Is that")));

            assertThat(api.say("c", "m", "Hello").getLast().path("type").stringValue())
                    .isEqualTo("error");
            assertThat(api.lastStatus("c")).isEqualTo("failed");
        }

        @Test
        void thatThrowsLeavesNoSpinner() {
            SCRIPT.set((prompt, cancellation, sink) -> {
                throw new IllegalStateException("a bug");
            });

            assertThat(api.say("c", "m", "Hello").getLast().toString())
                    .isEqualTo("{\"type\":\"error\",\"errorText\":\"The server failed to answer.\"}");
            assertThat(api.lastStatus("c")).isEqualTo("failed");
        }
    }

    @Test
    void anAnswerThatCannotBeWrittenWhileItIsSaidIsWrittenAtItsEndAndHoldsUpNoOther() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        try (TestServer own = TestServer.answering((prompt, cancellation, sink) -> Scripts.waitsFor(
                        goOn, prompt.turns().toString().contains("Poison") ? "poison" : "fine", "")
                .generate(prompt, cancellation, sink))) {
            JdbcClient sql = own.database().sql();
            sql.sql("alter table chatkeep.run_event add constraint poisoned check (lines not like '%poison%')")
                    .update();
            Api user = own.guest();
            try (Api.Stream poisoned = user.open(Api.turn("p", "m1", "Poison"));
                    Api.Stream fine = user.open(Api.turn("f", "m1", "Fine"))) {
                await().untilAsserted(() -> assertThat(
                                sql.sql("select coalesce(string_agg(lines, ''), '') from chatkeep.run_event")
                                        .query(String.class)
                                        .single())
                        .contains("fine"));
                goOn.countDown();
                assertThat(poisoned.await(line -> line.contains("[DONE]"))).isNotEmpty();
                assertThat(fine.await(line -> line.contains("[DONE]"))).isNotEmpty();
            }
            assertThat(user.chat("p").toString()).contains("poison");
            assertThat(user.lastStatus("p")).isEqualTo("complete");
            assertThat(user.lastStatus("f")).isEqualTo("complete");
        }
    }

    @Test
    void deletingTheChatStopsItsAnswerAndKeepsWhatWasSaid() throws Exception {
        SCRIPT.set(Scripts.waitsFor(new CountDownLatch(1)));
        try (Api.Stream stream = api.open(Api.turn("c", "m", "Hello"))) {
            stream.await(line -> line.contains("begun"));

            api.delete("/api/chats/c");

            assertThat(stream.await(line -> line.contains("\"abort\""))).isNotEmpty();
        }
        api.post("/api/chats/c/restore", "");
        JsonNode answer = api.chat("c").path("messages").get(1);
        assertThat(answer.path("status").stringValue()).isEqualTo("stopped");
        assertThat(answer.toString()).contains("begun");
    }

    @Test
    void theModelSeesTheStoredHistoryAndTheSystemPrompt() {
        AtomicReference<Prompt> seen = new AtomicReference<>();
        api.say("c", "m1", "My name is Ada.");
        SCRIPT.set((prompt, cancellation, sink) -> {
            seen.set(prompt);
            sink.accept(Scripts.STOP);
        });

        api.say("c", "m2", "What is my name?");

        assertThat(seen.get().system()).isEqualTo("Be brief.");
        assertThat(seen.get().turns()).hasSize(3);
        assertThat(seen.get().turns().toString()).contains("My name is Ada.", "Hi.", "What is my name?");
    }
}
