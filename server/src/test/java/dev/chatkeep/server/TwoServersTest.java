package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.Cancellation;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.Prompt;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Two servers on one database: what one of them says can be read, stopped and ended at the other.
class TwoServersTest {

    private static final AtomicInteger STOPPED = new AtomicInteger();
    private static final AtomicReference<CountDownLatch> GO_ON = new AtomicReference<>(new CountDownLatch(0));
    private static TestServer one;
    private static TestServer two;
    private Api atOne;
    private Api atTwo;

    @BeforeAll
    static void start() {
        one = TestServer.answering(TwoServersTest::answer);
        two = TestServer.answering(Scripts.saysText("Of the other server."), one.database());
        // A server tells another nothing before it knows of it.
        await().untilAsserted(() -> assertThat(one.database().count("node")).isEqualTo(2));
    }

    private static void answer(Prompt prompt, Cancellation cancellation, Consumer<? super ModelEvent> sink)
            throws GenerationException {
        cancellation.onCancel(STOPPED::incrementAndGet);
        sink.accept(new ModelEvent.ReasoningDelta("Hm."));
        Scripts.waitsFor(GO_ON.get()).generate(prompt, cancellation, sink);
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
        STOPPED.set(0);
        GO_ON.set(new CountDownLatch(1));
        atOne = one.guest();
        atTwo = new Api(two.url(), atOne.token());
    }

    @AfterEach
    void letGo() {
        GO_ON.get().countDown();
    }

    private Api.Stream begin() throws Exception {
        Api.Stream stream = atOne.open(Api.turn("c", "m1", "Hello"));
        stream.await(line -> line.contains("begun"));
        return stream;
    }

    private static String text(List<JsonNode> chunks) {
        return chunks.stream()
                .filter(chunk -> chunk.path("type").asString("").equals("text-delta"))
                .map(chunk -> chunk.path("delta").asString(""))
                .reduce("", String::concat);
    }

    @Test
    void anAnswerIsReadWholeAtTheOtherInTheMiddleOfItAndByTheSameMessage() throws Exception {
        try (Api.Stream stream = begin();
                Api.Stream resumed = atTwo.resume("c")) {
            resumed.await(line -> line.contains("begun"));
            GO_ON.get().countDown();
            Api.Answer again = atTwo.post("/api/chat", Api.turn("c", "m1", "Hello"));

            assertThat(text(Api.chunks(again))).isEqualTo("begun ended");
            assertThat(resumed.await(line -> line.contains("text-delta"))).contains(" ended");
            JsonNode finish = Json.MAPPER.readTree(
                    resumed.await(line -> line.contains("\"finish\"")).substring("data: ".length()));
            resumed.await(line -> line.contains("[DONE]"));
            JsonNode kept = atTwo.chat("c").path("messages").get(1);
            assertThat(kept.path("status").stringValue()).isEqualTo("complete");
            ObjectNode told = (ObjectNode) finish.path("messageMetadata");
            assertThat(told.remove("status").stringValue()).isEqualTo("complete");
            assertThat(kept.path("metadata")).isEqualTo(told);
            stream.await(line -> line.contains("[DONE]"));
        }
        assertThat(one.database().count("run")).isEqualTo(one.database().count("message") / 2);
    }

    @Test
    void anAnswerIsStoppedAtTheOtherAndTheModelWithIt() throws Exception {
        try (Api.Stream stream = begin()) {
            JsonNode stopped = atTwo.post("/api/chat/c/stop", "").json();

            assertThat(STOPPED).as("when the stop is answered").hasValue(1);
            assertThat(stopped.path("status").stringValue()).isEqualTo("stopped");
            JsonNode kept = atTwo.chat("c").path("messages").get(1);
            assertThat(kept.path("id")).isEqualTo(stopped.path("messageId"));
            assertThat(kept.path("status").stringValue()).isEqualTo("stopped");
            assertThat(kept.path("parts").toString()).contains("Hm.", "begun").doesNotContain("streaming");
            stream.await(line -> line.contains("\"abort\""));
        }
        assertThat(atTwo.post("/api/chat/c/stop", "").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/chats/c", "/api/chats/c/permanent", "/api/auth/user"})
    void theModelIsAskedNoLongerWhenTheOtherDeletes(String what) throws Exception {
        UUID user = UUID.fromString(
                atOne.get("/api/auth/user").json().path("user").path("id").stringValue());
        try (Api.Stream stream = begin()) {
            await().untilAsserted(() -> assertThat(said(user)).isPositive());
            Api.Answer deleted = atTwo.send("DELETE", what, BodyPublishers.ofString("{\"confirm\":\"" + user + "\"}"));
            assertThat(deleted.status()).as(deleted.text()).isBetween(200, 202);

            await().untilAsserted(() -> assertThat(STOPPED).hasValue(1));
            stream.await(line -> line.contains("\"abort\"") || line.contains("\"error\""));
        }
        if (what.equals("/api/chats/c")) {
            assertThat(atTwo.post("/api/chats/c/restore", "").status()).isEqualTo(200);
            assertThat(atTwo.lastStatus("c")).isEqualTo("stopped");
        } else {
            await().untilAsserted(() -> assertThat(said(user)).isZero());
        }
    }

    /// How much of what was said to this user is in the log of running answers.
    private static long said(UUID user) {
        return one.database()
                .sql()
                .sql("select count(*) from chatkeep.run_event where user_id = :user")
                .param("user", user)
                .query(Long.class)
                .single();
    }

    @Test
    void whoReadsAtAServerThatShutsDownIsToldSo() throws Exception {
        TestServer three = TestServer.answering(Scripts.saysText("Never asked."), one.database());
        try (Api.Stream stream = begin();
                Api.Stream resumed = new Api(three.url(), atOne.token()).resume("c")) {
            resumed.await(line -> line.contains("begun"));
            Thread closing = Thread.ofVirtual().start(three::close);

            assertThat(resumed.await(line -> line.contains("\"error\""))).contains("shutting down");

            closing.join();
            GO_ON.get().countDown();
            stream.await(line -> line.contains("\"finish\""));
        } finally {
            three.close();
        }
    }

    @Test
    void aChatIsBusyAtTheOtherAndEditedThereAllTheSame() throws Exception {
        try (Api.Stream stream = begin()) {
            Api.Answer busy = atTwo.post("/api/chat", Api.turn("c", "m2", "And?"));
            assertThat(busy.code()).isEqualTo("run_active");

            Api.Answer edited = atTwo.post("/api/chat", """
                    {"id":"c","messageId":"m1","message":{"id":"m1","role":"user","content":"Other words"}}""");

            assertThat(text(Api.chunks(edited))).isEqualTo("Of the other server.");
            GO_ON.get().countDown();
            stream.await(line -> line.contains("[DONE]"));
        }
        assertThat(atOne.chat("c").path("messages").toString()).contains("Other words", "Of the other server.");
        assertThat(atOne.put("/api/chats/c/branch", "{\"branch\":0}").status()).isEqualTo(200);
        assertThat(atTwo.chat("c").path("messages").toString()).contains("Hello", "begun ended");
    }

    @Test
    void thereIsNothingToResumeWhereNothingIsAnswered() throws Exception {
        assertThat(atTwo.get("/api/chat/none/stream").status()).isEqualTo(204);
        assertThat(atTwo.get("/api/chat/none/stream").text()).isEmpty();
        try (Api.Stream stream = begin()) {
            assertThat(two.guest().get("/api/chat/c/stream").status())
                    .as("of another user")
                    .isEqualTo(204);
            GO_ON.get().countDown();
            stream.await(line -> line.contains("[DONE]"));
        }
        assertThat(atTwo.get("/api/chat/c/stream").status()).as("it ended").isEqualTo(204);
        assertThat(two.guest().post("/api/chat/c/stop", "").status()).isEqualTo(404);
    }
}
