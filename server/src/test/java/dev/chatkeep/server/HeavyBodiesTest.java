package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Many bodies that are as large as they may be, and become much larger in memory, in a small heap.
@Tag("slow")
class HeavyBodiesTest {

    private static final int SENDERS = 32;
    private static final int MIB = 1 << 20;
    private static final String MESSAGES = "/api/chats/c/messages";

    @TempDir
    private Path data;

    /// One body as JSON of one message's part.
    private static String repeated(String item, int bytes) {
        return "[" + item.repeat(bytes / item.length()) + "0]";
    }

    private static List<String> nasty() {
        return List.of(
                repeated("{},", 390_000),
                repeated("[],", 390_000),
                repeated("1,", 500_000),
                repeated("1e5,", 600_000),
                repeated("\"\",", 700_000),
                repeated("[".repeat(50) + "]".repeat(50) + ",", 260_000),
                repeated("\"" + "\\u00e9".repeat(1_000) + "\",", 1_000_000),
                repeated("\"" + "\u4e16".repeat(100_000) + "\",", 300_000),
                names("k%07d", 80_000),
                names("n".repeat(990) + "%07d", 1_000));
    }

    private static String names(String form, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "\"" + form.formatted(i) + "\":1")
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static String message(String part) {
        return "{\"role\":\"user\",\"parts\":[{\"type\":\"data-x\",\"data\":" + part
                + "},{\"type\":\"text\",\"text\":\"a\"}]}";
    }

    private static Api.Answer send(Api api, String method, String path, String body) {
        return api.send(method, path, BodyPublishers.ofByteArray(body.getBytes(StandardCharsets.UTF_8)));
    }

    /// Bodies of four messages of almost a mebibyte each.
    private static List<String> large() {
        return List.of(
                four("\"" + "a".repeat(MIB - 300) + "\""),
                four("\"" + "\u4e16".repeat(MIB / 3 - 100) + "\""),
                four("[\"" + "\\u0416".repeat(MIB / 6 - 100) + "\"]"),
                four("[\"" + "b".repeat(MIB - 200_000) + "\"," + "{},".repeat(30_000) + "1]"));
    }

    private static String four(String part) {
        return "{\"messages\":[" + String.join(",", Collections.nCopies(4, message(part))) + "]}";
    }

    /// What each route is sent.
    private static List<Callable<Api.Answer>> requests(Api api, String json) {
        String tooMany = "{\"messages\":" + repeated("{},", 4 * MIB - 100) + "}";
        String title = "{\"title\":\"t\",\"x\":" + json + "}";
        String turn = "{\"messages\":[" + message(json) + "," + message(repeated(json + ",", 3 * MIB)) + ","
                + message(json) + "]}";
        return List.of(
                () -> send(api, "POST", MESSAGES, "{\"messages\":[" + message(json) + "]}"),
                () -> send(api, "POST", MESSAGES, tooMany),
                () -> send(api, "POST", "/api/chats", title),
                () -> send(api, "PATCH", "/api/chats/c", title),
                () -> send(api, "POST", "/api/chat", turn));
    }

    private static void assertAnswered(List<Callable<Api.Answer>> requests) throws Exception {
        try (ExecutorService senders = Executors.newFixedThreadPool(SENDERS)) {
            for (var sent : senders.invokeAll(requests)) {
                Api.Answer answer = sent.get();
                assertThat(answer.status()).as(answer.text()).isIn(200, 201, 400, 413, 503);
                if (answer.status() == 503) {
                    assertThat(answer.code()).isEqualTo("busy");
                    assertThat(answer.headers().firstValue("Retry-After")).contains("2");
                }
            }
        }
    }

    @Test
    void areRefusedBeforeTheHeapIsSpentWhileOtherRequestsGoOn() throws Exception {
        try (ChildServer server = ChildServer.start(
                        List.of("-Xmx128m", "-XX:+ExitOnOutOfMemoryError"),
                        "chatkeep.data-dir=" + data,
                        "chatkeep.limits.per-user=0",
                        "chatkeep.limits.streams=0");
                ExecutorService beside = Executors.newVirtualThreadPerTaskExecutor()) {
            Api api = Api.guest(server.url());
            api.post("/api/chats", "{\"id\":\"c\"}");
            Api other = Api.guest(server.url());
            var isOver = new AtomicBoolean();
            var small = beside.submit(() -> others(other, isOver));
            try {
                assertAnswered(nasty().stream()
                        .flatMap(json -> requests(api, json).stream())
                        .toList());
                for (String body : large()) {
                    assertAnswered(Collections.nCopies(SENDERS, () -> send(api, "POST", MESSAGES, body)));
                }
            } finally {
                isOver.set(true);
            }

            assertThat(small.get()).as("other requests meanwhile").isGreaterThan(2);
            assertThat(server.output()).doesNotContain("OutOfMemory", "unexpected failure");
            for (String json : nasty()) {
                assertThat(send(api, "POST", MESSAGES, "{\"messages\":[" + message(json) + "]}")
                                .status())
                        .isEqualTo(200);
            }
        }
    }

    /// What is only announced takes nothing from anyone.
    @Test
    void thatDoNotComeTakeNothing() throws Exception {
        try (ChildServer server = ChildServer.start(List.of("-Xmx128m"), "chatkeep.data-dir=" + data)) {
            Api api = Api.guest(server.url());
            api.post("/api/chats", "{\"id\":\"c\"}");
            List<Socket> announced = new ArrayList<>();
            try {
                for (int i = 0; i < 64; i++) {
                    announced.add(announce(api));
                }

                assertThat(send(api, "POST", MESSAGES, large().getFirst()).status())
                        .isEqualTo(200);
            } finally {
                for (Socket socket : announced) {
                    socket.close();
                }
            }
        }
    }

    /// A turn's messages of almost four mebibytes as they are written, one of which is held while the rest drips.
    @Test
    void ofTurnsThatAreNeverEndedAreCounted() throws Exception {
        String message = message("\"" + "\\u0061".repeat(650_000) + "\"");
        try (ChildServer server = ChildServer.start(
                        List.of("-Xmx128m", "-XX:+ExitOnOutOfMemoryError"), "chatkeep.data-dir=" + data);
                ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor()) {
            Api api = Api.guest(server.url());
            List<Callable<Boolean>> turns = Collections.nCopies(
                    2 * SENDERS, () -> isBusy(api, "{\"messages\":[" + message + ",{\"role\":\"user\","));

            long busy = 0;
            for (var turn : senders.invokeAll(turns)) {
                busy += turn.get() ? 1 : 0;
            }

            assertThat(busy).isBetween(1L, 2L * SENDERS - 1);
            assertThat(server.output()).doesNotContain("OutOfMemory", "unexpected failure");
            assertThat(api.post("/api/chat", Api.turn("after", "m", "Hello")).status())
                    .isEqualTo(200);
        }
    }

    /// Whether a turn that never ends is refused; else it is held for a few seconds.
    private static boolean isBusy(Api api, String beginning) throws IOException {
        URI url = URI.create(api.url());
        try (Socket socket = new Socket(url.getHost(), url.getPort())) {
            socket.setSoTimeout(8_000);
            String head = "POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + api.token()
                    + "\r\nContent-Length: 33000000\r\n\r\n";
            try {
                socket.getOutputStream().write((head + beginning).getBytes(StandardCharsets.US_ASCII));
                byte[] status = socket.getInputStream().readNBytes("HTTP/1.1 503".length());
                return new String(status, StandardCharsets.US_ASCII).equals("HTTP/1.1 503");
            } catch (SocketTimeoutException held) {
                return false;
            } catch (IOException cutOff) {
                return true;
            }
        }
    }

    private static Socket announce(Api api) throws IOException {
        URI url = URI.create(api.url());
        Socket socket = new Socket(url.getHost(), url.getPort());
        String head = "POST " + MESSAGES + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + api.token()
                + "\r\nContent-Length: " + (4 * MIB - 100) + "\r\n\r\n{";
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /// @return how many requests
    private static int others(Api api, AtomicBoolean isOver) throws IOException {
        int count = 0;
        while (!isOver.get()) {
            String chat = "o" + count;
            assertThat(api.get("/api/chats").status()).isEqualTo(200);
            assertThat(api.post("/api/chats", "{\"id\":\"" + chat + "\"}").status())
                    .isEqualTo(201);
            assertThat(Api.chunks(api.post("/api/chat", Api.turn(chat, "m", "Hello")))
                            .toString())
                    .contains("finish");
            count++;
        }
        return count;
    }
}
