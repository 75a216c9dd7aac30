package dev.chatkeep.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.chatkeep.db.Json;
import dev.chatkeep.langchain4j.LangChain4jGenerator;
import dev.chatkeep.langchain4j.Provider;
import dev.chatkeep.langchain4j.ProviderSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// The whole server before a provider that answers HTTP 200 whatever happens.
class ProviderAnswerTest {

    private static final String HELLO =
            "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\n";
    private static final String END =
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

    /// What the provider says to the request of this number, from 1 on.
    private interface Script {
        void answer(int request, OutputStream out) throws IOException, InterruptedException;
    }

    private final AtomicInteger requests = new AtomicInteger();
    private final CountDownLatch hold = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private HttpServer provider;
    private TestServer server;
    private volatile Script script = (request, out) -> {};

    @BeforeEach
    void start() throws IOException {
        provider = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        provider.setExecutor(threads);
        provider.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream out = exchange.getResponseBody()) {
                script.answer(requests.incrementAndGet(), out);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
        provider.start();
        server = TestServer.answering(new LangChain4jGenerator(new ProviderSettings(
                Provider.OPENAI, "http://127.0.0.1:" + provider.getAddress().getPort() + "/v1", null, "m")));
    }

    @AfterEach
    void stop() {
        hold.countDown();
        server.close();
        provider.stop(0);
        threads.close();
    }

    private static void say(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(UTF_8));
        out.flush();
    }

    private static JsonNode answer(Api api) {
        return api.chat("c").path("messages").get(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"error\":{\"message\":\"slow down\",\"code\":\"rate_limit_exceeded\",\"retry_after_ms\":1}}\n\n",
                "{\"error\":{\"message\":\"slow down\",\"code\":\"429\",\"retry_after_ms\":1}}",
                "{\"detail\":\"Rate limit exceeded, try again in 1ms\"}"
            })
    void aRateLimitInItIsTriedAgain(String limit) {
        script = (request, out) -> say(out, request == 1 ? limit : HELLO + END);
        Api api = server.guest();
        api.say("c", "m", "Hi");

        assertThat(requests).hasValue(2);
        assertThat(answer(api).path("status").stringValue()).isEqualTo("complete");
        assertThat(answer(api).path("parts").get(1).path("text").stringValue()).isEqualTo("Hello");
    }

    @Test
    void aRateLimitThatStaysIsNamed() {
        script = (request, out) ->
                say(out, "{\"error\":{\"message\":\"slow down\",\"code\":\"429\",\"retry_after_ms\":1}}");
        List<JsonNode> chunks = server.guest().say("c", "m", "Hi");

        assertThat(requests).hasValue(3);
        assertThat(chunks.getLast().path("errorText").stringValue())
                .isEqualTo("The model is rate limited. Try again later.");
    }

    @Test
    void whatAStoppedAnswerUsedIsStored() throws Exception {
        script = (request, out) -> {
            say(out, HELLO);
            hold.await();
        };
        Api api = server.guest();
        try (Api.Stream stream = api.open(Api.turn("c", "m", "Hi"))) {
            stream.await(line -> line.contains("Hello"));
            api.post("/api/chat/c/stop", "");

            assertThat(stream.await(line -> line.contains("message-metadata")))
                    .contains("\"tokens\":{\"input\":7,\"output\":2,\"total\":9}");
        }
        assertThat(answer(api).path("status").stringValue()).isEqualTo("stopped");
        assertThat(answer(api).path("metadata").path("tokens"))
                .isEqualTo(Json.MAPPER.readTree("{\"input\":7,\"output\":2,\"total\":9}"));
    }

    @Test
    void whatAFailedAnswerUsedIsStored() {
        script = (request, out) -> say(out, HELLO + "data: {\"error\":{\"code\":503,\"message\":\"gone\"}}\n\n");
        Api api = server.guest();
        api.say("c", "m", "Hi");

        assertThat(answer(api).path("status").stringValue()).isEqualTo("failed");
        assertThat(answer(api).path("metadata").path("tokens"))
                .isEqualTo(Json.MAPPER.readTree("{\"input\":7,\"output\":2,\"total\":9}"));
    }

    @Test
    void aPictureInItIsStoredAsAFile() {
        script = (request, out) -> say(
                out,
                "data: {\"choices\":[{\"delta\":{\"images\":[{\"image_url\":{\"url\":\"data:image/png;base64,iVBO\"}}]}}]}\n\n"
                        + END);
        Api api = server.guest();
        List<JsonNode> chunks = api.say("c", "m", "Draw a cat");

        assertThat(chunks)
                .anySatisfy(
                        chunk -> assertThat(chunk.toString())
                                .isEqualTo(
                                        "{\"type\":\"file\",\"url\":\"data:image/png;base64,iVBO\",\"mediaType\":\"image/png\"}"));
        assertThat(answer(api).path("status").stringValue()).isEqualTo("complete");
        assertThat(answer(api).path("parts").get(1))
                .isEqualTo(Json.MAPPER.readTree(
                        "{\"type\":\"file\",\"mediaType\":\"image/png\",\"url\":\"data:image/png;base64,iVBO\"}"));
    }
}
