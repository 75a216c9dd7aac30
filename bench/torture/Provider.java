import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A model that speaks OpenAI's chat completions, at a pace, and always says the same to the same question: so what a
/// server kept of it can be told from what it should be.
final class Provider implements AutoCloseable {

    private static final Pattern QUESTION = Pattern.compile("ask-([A-Za-z0-9-]+)-words-(\\d+)");

    static final int PACE_MILLIS = 10;

    private final ServerSocket door;
    private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();

    /// When a server hung up on the answer to a question, by the question; `System.nanoTime()`.
    final Map<String, Long> hungUp = new ConcurrentHashMap<>();

    Provider() throws IOException {
        this.door = new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress());
        Http.accept(door, this::serve);
    }

    String url() {
        return "http://127.0.0.1:" + door.getLocalPort() + "/v1";
    }

    /// A question whose answer has so many words.
    static String question(String name, int words) {
        return "ask-" + name + "-words-" + words;
    }

    /// What the model says to a question, whole.
    static String answer(String question) {
        Matcher asked = QUESTION.matcher(question);
        if (!asked.find()) {
            throw new IllegalArgumentException(question);
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Integer.parseInt(asked.group(2)); i++) {
            text.append(word(question, i));
        }
        return text.toString();
    }

    private static String word(String question, int i) {
        return "w" + i + "-" + Math.floorMod((question + i).hashCode(), 100_000) + " ";
    }

    /// How often a question was asked.
    int asked(String question) {
        return asked.getOrDefault(question, new AtomicInteger()).get();
    }

    private void serve(Socket client) {
        try (client) {
            InputStream in = new BufferedInputStream(client.getInputStream());
            Matcher asked = QUESTION.matcher("");
            for (String body = Http.body(in); body != null; body = Http.body(in)) {
                asked.reset(body);
                String last = null;
                while (asked.find()) {
                    last = asked.group();
                }
                say(client.getOutputStream(), last == null ? "ask-nothing-words-1" : last);
            }
        } catch (IOException | UncheckedIOException gone) {
            // The server hung up.
        }
    }

    private void say(OutputStream out, String question) {
        asked.computeIfAbsent(question, any -> new AtomicInteger()).incrementAndGet();
        Matcher parts = QUESTION.matcher(question);
        parts.find();
        int words = Integer.parseInt(parts.group(2));
        try {
            out.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < words; i++) {
                Http.event(out, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + word(question, i) + "\"}}]}");
                Thread.sleep(PACE_MILLIS);
            }
            Http.event(out, "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
            Http.event(out, "{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":" + words + "}}");
            Http.event(out, "[DONE]");
            out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            out.flush();
        } catch (IOException gone) {
            hungUp.put(question, System.nanoTime());
            throw new UncheckedIOException(gone);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        door.close();
    }
}
