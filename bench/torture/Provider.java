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
        Thread.ofVirtual().start(this::accept);
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

    private void accept() {
        while (!door.isClosed()) {
            try {
                Socket client = door.accept();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            InputStream in = new BufferedInputStream(client.getInputStream());
            Matcher asked = QUESTION.matcher("");
            for (String body = body(in); body != null; body = body(in)) {
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
                event(out, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + word(question, i) + "\"}}]}");
                Thread.sleep(PACE_MILLIS);
            }
            event(out, "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
            event(out, "{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":" + words + "}}");
            event(out, "[DONE]");
            out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            out.flush();
        } catch (IOException gone) {
            hungUp.put(question, System.nanoTime());
            throw new UncheckedIOException(gone);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private static void event(OutputStream out, String data) throws IOException {
        byte[] event = ("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8);
        out.write((Integer.toHexString(event.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.write(event);
        out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    /// The body of the next request; null when there is none.
    private static String body(InputStream in) throws IOException {
        int length = 0;
        boolean chunked = false;
        String line = line(in);
        if (line == null) {
            return null;
        }
        for (line = line(in); line != null && !line.isEmpty(); line = line(in)) {
            String header = line.toLowerCase(java.util.Locale.ROOT);
            if (header.startsWith("content-length:")) {
                length = Integer.parseInt(header.substring(15).strip());
            }
            chunked |= header.startsWith("transfer-encoding:") && header.contains("chunked");
        }
        if (!chunked) {
            return new String(in.readNBytes(length), StandardCharsets.UTF_8);
        }
        StringBuilder body = new StringBuilder();
        for (int size = Integer.parseInt(line(in).strip(), 16); size > 0; size = Integer.parseInt(line(in).strip(), 16)) {
            body.append(new String(in.readNBytes(size), StandardCharsets.UTF_8));
            line(in);
        }
        line(in);
        return body.toString();
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                return null;
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        door.close();
    }
}
