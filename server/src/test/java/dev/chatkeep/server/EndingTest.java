package dev.chatkeep.server;

import static dev.chatkeep.server.PostedChat.submit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.Generator;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.ModelEvent.Usage;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// How an answer ended, and why: told apart in the stream, when it is told again, and in the chat.
class EndingTest {

    private static final AtomicReference<Generator> MODEL = new AtomicReference<>(Scripts.saysText("Hi."));
    private static TestServer server;
    private Api api;

    @BeforeAll
    static void start() {
        server = TestServer.answering(
                (prompt, cancellation, sink) -> MODEL.get().generate(prompt, cancellation, sink),
                "chatkeep.free-messages.limit=1000");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void signIn() {
        api = server.guest();
    }

    private static Generator failing(GenerationException.Kind kind) {
        return (prompt, cancellation, sink) -> {
            sink.accept(new ModelEvent.TextDelta("Half"));
            throw new GenerationException(kind, "for the log");
        };
    }

    /// The metadata of the last chunk that has some.
    private static JsonNode lastMetadata(List<JsonNode> chunks) {
        return chunks.stream()
                .filter(chunk -> chunk.has("messageMetadata"))
                .toList()
                .getLast()
                .path("messageMetadata");
    }

    private JsonNode stored() {
        JsonNode messages = api.chat("c").path("messages");
        return messages.get(messages.size() - 1);
    }

    private void isTold(List<JsonNode> chunks, String status, String error) {
        assertThat(lastMetadata(chunks).path("status").asString("")).isEqualTo(status);
        assertThat(lastMetadata(chunks).path("error").asString("")).isEqualTo(error);
        assertThat(stored().path("status").asString("")).isEqualTo(status);
        assertThat(stored().path("error").asString("")).isEqualTo(error);
        assertThat(stored().path("metadata").has("status")).isFalse();
        assertThat(stored().path("metadata").has("error")).isFalse();
    }

    @Test
    void aWholeAnswerIsComplete() {
        MODEL.set(Scripts.saysText("Hi."));

        isTold(api.say("c", "u1", "Hello"), "complete", "");
        isTold(api.say("c", "u1", "Hello"), "complete", "");
    }

    @ParameterizedTest
    @CsvSource({
        "REFUSED, The model provider refused the request.",
        "BROKEN, The model broke off in the middle of the answer.",
        "RATE_LIMITED, The model is rate limited. Try again later."
    })
    void aFailedOneSaysWhyAlsoLater(GenerationException.Kind kind, String words) {
        MODEL.set(failing(kind));

        List<JsonNode> live = api.say("c", "u1", "Hello");
        List<JsonNode> again = api.say("c", "u1", "Hello");

        for (List<JsonNode> chunks : List.of(live, again)) {
            isTold(chunks, "failed", words);
            assertThat(chunks.getLast().path("errorText").asString("")).isEqualTo(words);
        }
    }

    @Test
    void aStoppedOneIsStopped() throws Exception {
        MODEL.set(Scripts.waitsFor(new CountDownLatch(1)));
        try (Api.Stream stream = api.open(submit("c").user("u1", "Hello").toString())) {
            stream.await(line -> line.contains("begun"));
            api.post("/api/chat/c/stop", "");
            assertThat(stream.await(line -> line.contains("message-metadata"))).contains("\"status\":\"stopped\"");
            stream.await(line -> line.contains("\"abort\""));
        }
        isTold(api.say("c", "u1", "Hello"), "stopped", "");
    }

    @ParameterizedTest
    @CsvSource({
        "STOP, The model gave an empty answer.",
        "OTHER, The model gave an empty answer.",
        "CONTENT_FILTER, The model's content filter stopped the answer.",
        "LENGTH, The model reached its length limit before the first word of the answer."
    })
    void oneWithNothingToSeeHasFailed(FinishReason reason, String words) {
        MODEL.set(Scripts.says(new ModelEvent.TextDelta(" \n"), new ModelEvent.Finish(reason, new Usage(3, 1))));

        List<JsonNode> chunks = api.say("c", "u1", "Hello");

        isTold(chunks, "failed", words);
        assertThat(chunks.getLast().path("type").asString("")).isEqualTo("error");
        assertThat(api.get("/api/free-messages/status")
                        .json()
                        .path("freeMessages")
                        .path("used")
                        .intValue())
                .as("nothing was answered for it")
                .isZero();
    }

    @Test
    void oneOfReasoningOrToolCallsAloneIsComplete() {
        MODEL.set(Scripts.says(new ModelEvent.ReasoningDelta("Hm."), Scripts.STOP));
        isTold(api.say("c", "u1", "Hello"), "complete", "");

        MODEL.set(Scripts.says(
                new ModelEvent.ToolInputStart("t", "find"),
                new ModelEvent.ToolInput("t", "find", "{}"),
                new ModelEvent.Finish(FinishReason.TOOL_CALLS, new Usage(3, 1))));
        isTold(api.say("c", "u2", "Hello"), "complete", "");
    }

    @Test
    void oneThatIsDeletedForGoodSaysSoToItsReader() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        MODEL.set(Scripts.waitsFor(gate));
        try (Api.Stream stream = api.open(submit("c").user("u1", "Hello").toString())) {
            stream.await(line -> line.contains("begun"));

            api.delete("/api/chats/c/permanent");

            assertThat(stream.await(line -> line.contains("\"error\""))).contains("This answer was deleted.");
            stream.await(line -> line.contains("[DONE]"));
        }
        assertThat(api.get("/api/chats/c").status()).isEqualTo(404);
    }

    @Test
    void oneOfAServerThatDiedSaysSo() {
        MODEL.set(Scripts.waitsFor(new CountDownLatch(1)));
        Thread.ofVirtual()
                .start(() ->
                        api.post("/api/chat", submit("c").user("u1", "Hello").toString()));
        await().until(() -> server.database()
                        .sql()
                        .sql("select count(*) from chatkeep.run_event")
                        .query(Long.class)
                        .single()
                > 0);
        server.database()
                .sql()
                .sql("update chatkeep.run set node_id = gen_random_uuid() where status = 'streaming'")
                .update();

        await().atMost(java.time.Duration.ofSeconds(30))
                .until(() -> stored().path("status").asString("").equals("interrupted"));

        assertThat(stored().path("error").asString("")).isEqualTo("The server stopped in the middle of the answer.");
        List<JsonNode> again = api.say("c", "u1", "Hello");
        assertThat(lastMetadata(again).path("status").asString("")).isEqualTo("interrupted");
        api.delete("/api/chats/c/permanent");
    }
}
