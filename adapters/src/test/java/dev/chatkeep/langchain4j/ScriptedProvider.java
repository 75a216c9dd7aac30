package dev.chatkeep.langchain4j;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.chatkeep.db.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A provider on loopback that plays exactly the bytes of a script, and remembers what it was asked and when its
/// client went away.
final class ScriptedProvider implements AutoCloseable {

    /// Plays one answer.
    interface Script {
        void play(Exchange exchange) throws IOException, InterruptedException;
    }

    record Request(String head, String body) {
        JsonNode json() {
            return Json.MAPPER.readTree(body);
        }
    }

    private final ServerSocket server;
    private final Script script;
    final List<Request> requests = new CopyOnWriteArrayList<>();
    final AtomicInteger connections = new AtomicInteger();
    final CompletableFuture<Long> requested = new CompletableFuture<>();
    /// When a client closed its connection, by [System#nanoTime()].
    final CompletableFuture<Long> clientClosed = new CompletableFuture<>();

    ScriptedProvider(Script script) {
        this.script = script;
        try {
            server = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    /// Answers 200 with these frames, each followed by an empty line, and ends the body well.
    static ScriptedProvider events(String... frames) {
        return new ScriptedProvider(exchange -> {
            exchange.ok();
            for (String frame : frames) {
                exchange.send(frame + "\n\n");
            }
            exchange.end();
        });
    }

    /// Answers 200 with each JSON text as the data of an event.
    static ScriptedProvider data(String... json) {
        return events(List.of(json).stream().map(text -> "data: " + text).toArray(String[]::new));
    }

    /// Answers 200 with each JSON text as a line.
    static ScriptedProvider lines(String... json) {
        return new ScriptedProvider(exchange -> {
            exchange.ok();
            for (String line : json) {
                exchange.send(line + "\n");
            }
            exchange.end();
        });
    }

    /// Answers 200 with these bytes, and closes the connection.
    static ScriptedProvider body(String contentType, String body) {
        return new ScriptedProvider(exchange -> {
            exchange.raw("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: " + contentType + "\r\n\r\n" + body);
            exchange.cut();
        });
    }

    static ScriptedProvider status(String statusAndHeaders, String body) {
        return new ScriptedProvider(exchange -> exchange.raw("HTTP/1.1 " + statusAndHeaders + "\r\nContent-Length: "
                + body.getBytes(UTF_8).length + "\r\n\r\n" + body));
    }

    String url() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                connections.incrementAndGet();
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = socket.getInputStream();
            for (Request request = read(in); request != null; request = read(in)) {
                requests.add(request);
                requested.complete(System.nanoTime());
                script.play(new Exchange(socket));
            }
            clientClosed.complete(System.nanoTime());
        } catch (IOException e) {
            clientClosed.complete(System.nanoTime());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static @Nullable Request read(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                return null;
            }
            head.write(next);
        }
        String text = head.toString(ISO_8859_1);
        int length = text.lines()
                .filter(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:"))
                .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                .findFirst()
                .orElse(0);
        return new Request(text, new String(in.readNBytes(length), UTF_8));
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    /// One answer on the wire.
    final class Exchange {
        private final Socket socket;
        private final OutputStream out;

        private Exchange(Socket socket) throws IOException {
            this.socket = socket;
            this.out = socket.getOutputStream();
        }

        void ok() throws IOException {
            raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        }

        void send(String text) throws IOException {
            byte[] bytes = text.getBytes(UTF_8);
            out.write((Integer.toHexString(bytes.length) + "\r\n").getBytes(ISO_8859_1));
            out.write(bytes);
            out.write("\r\n".getBytes(ISO_8859_1));
            out.flush();
        }

        void end() throws IOException {
            raw("0\r\n\r\n");
        }

        void raw(String text) throws IOException {
            out.write(text.getBytes(UTF_8));
            out.flush();
        }

        void raw(int oneByte) throws IOException {
            out.write(oneByte);
            out.flush();
        }

        /// Cuts the connection in the middle.
        void cut() throws IOException {
            socket.close();
        }

        /// Whether the client closes the connection within this time, which is waited for.
        boolean isClosedWithin(Duration wait) throws IOException {
            socket.setSoTimeout((int) wait.toMillis());
            try {
                return socket.getInputStream().read() < 0;
            } catch (SocketTimeoutException stillThere) {
                return false;
            }
        }

        /// Says nothing more until the client goes away, or ten seconds have passed.
        void silence() throws IOException {
            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(10));
            if (socket.getInputStream().read() < 0) {
                clientClosed.complete(System.nanoTime());
            }
        }
    }
}
