package dev.chatkeep.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.chatkeep.db.Json;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import tools.jackson.databind.JsonNode;

/// A provider in OpenAI's protocol that says as much as it is asked for, in frames of any size. It says "Hi."
/// to who asks for nothing.
final class FloodProvider implements AutoCloseable {

    /// What an answer begins with.
    static final String BEGINNING = "Once upon a time ";

    private static final int SENTENCE = 32 << 10;

    private final HttpServer http;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private volatile CountDownLatch pause = new CountDownLatch(0);

    FloodProvider() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/v1/chat/completions", this::answer);
        http.setExecutor(threads);
        http.start();
    }

    String baseUrl() {
        return "http://127.0.0.1:" + http.getAddress().getPort() + "/v1";
    }

    /// The settings of a server that asks it.
    String[] settings() {
        return new String[] {
            "chatkeep.openai.base-url=" + baseUrl(),
            "chatkeep.openai.api-key=key",
            "chatkeep.model=flood",
            "chatkeep.auth.guest.enabled=true",
            "chatkeep.limits.per-user=0",
            "chatkeep.limits.per-address=0",
            "chatkeep.limits.sign-ins=0"
        };
    }

    /// From now on a flood stands still after the megabytes it is asked for, instead of ending.
    void pauseFloods() {
        pause = new CountDownLatch(1);
    }

    private void answer(HttpExchange request) throws IOException {
        JsonNode messages =
                Json.MAPPER.readTree(request.getRequestBody().readAllBytes()).path("messages");
        String asked = messages.get(messages.size() - 1).path("content").asString("");
        request.getResponseHeaders().set("Content-Type", "text/event-stream");
        try (request) {
            request.sendResponseHeaders(200, 0);
            OutputStream out = new BufferedOutputStream(request.getResponseBody(), 1 << 16);
            say(out, asked);
            out.write("data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII));
            out.flush();
        } catch (IOException closed) {
            // Whoever asked has had enough.
            request.close();
        }
    }

    private void say(OutputStream out, String asked) throws IOException {
        switch (asked.replaceAll(".*: ", "")) {
            case "tool calls" -> {
                for (int i = 0; i < 1_000_000; i++) {
                    frame(
                            out,
                            "{\"tool_calls\":[{\"index\":%1$d,\"id\":\"call_%1$d\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}"
                                    .formatted(i));
                }
            }
            case "letters" -> {
                for (int i = 0; i < 2_000_000; i++) {
                    frame(out, "{\"content\":\"a\"}");
                }
            }
            case String megabytes when megabytes.matches("\\d+") -> flood(out, Integer.parseInt(megabytes));
            default -> frame(out, "{\"content\":\"Hi.\"}");
        }
        out.write(
                "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n".getBytes(StandardCharsets.UTF_8));
    }

    private void flood(OutputStream out, int megabytes) throws IOException {
        frame(out, "{\"content\":\"" + BEGINNING + "\"}");
        String sentence = "{\"content\":\"" + "blah ".repeat(SENTENCE / 5) + "\"}";
        for (long said = 0; said < (long) megabytes << 20; said += SENTENCE) {
            frame(out, sentence);
        }
        out.flush();
        try {
            pause.await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private static void frame(OutputStream out, String delta) throws IOException {
        out.write(("data: {\"choices\":[{\"delta\":" + delta + "}]}\n\n").getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        pause.countDown();
        http.stop(0);
        threads.shutdownNow();
    }
}
