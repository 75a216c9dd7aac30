package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LargeHistoryTest {

    private static final int MIB = 1 << 20;

    @TempDir
    private Path data;

    /// Six bodies are 120 MiB, the whole heap 112: a server that held a body in memory would not survive this.
    @Test
    void aHistoryOfTwentyMebibytesWithASmallLastMessageIsAcceptedInBoundedMemory() throws Exception {
        try (ChildServer server =
                ChildServer.start(List.of("-Xmx112m", "-XX:+ExitOnOutOfMemoryError"), "chatkeep.data-dir=" + data)) {
            Api api = Api.guest(server.url());
            try (var senders = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Callable<Api.Answer>> sends = new ArrayList<>();
                for (int i = 0; i < 6; i++) {
                    String chat = "c" + i;
                    sends.add(() -> api.send("POST", "/api/chat", BodyPublishers.ofInputStream(() -> body(chat, 20))));
                }
                for (var sent : senders.invokeAll(sends)) {
                    assertThat(Api.chunks(sent.get()).getLast().path("type").stringValue())
                            .isEqualTo("finish");
                }
            }
            assertThat(api.chat("c3").path("messages").get(0).toString()).contains("the last one");
            Api.Answer tooLong = api.send("POST", "/api/chat", BodyPublishers.ofInputStream(() -> body("c9", 33)));
            assertThat(tooLong.status()).isEqualTo(413);
            assertThat(api.get("/api/chats/c9").status()).isEqualTo(404);
        }
    }

    /// A history of messages from 100 bytes to 3 MiB, so that the small last one follows one above the limit.
    private static InputStream body(String chat, int mebibytes) {
        var pieces = new ArrayList<InputStream>();
        pieces.add(piece("{\"id\":\"" + chat + "\",\"messages\":["));
        String half = "y".repeat(MIB / 2);
        for (int i = 0; i < mebibytes - 3; i++) {
            pieces.add(
                    piece("{\"id\":\"h" + i + "\",\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"text\":\""));
            pieces.add(piece(half));
            pieces.add(piece("\"}]},{\"role\":\"user\",\"content\":\""));
            pieces.add(piece(half));
            pieces.add(piece("\"},"));
        }
        pieces.add(piece("{\"role\":\"user\",\"content\":\""));
        for (int i = 0; i < 6; i++) {
            pieces.add(piece(half));
        }
        pieces.add(piece(
                "\"},{\"id\":\"last\",\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"the last one\"}]}"));
        pieces.add(piece("],\"trigger\":\"submit-message\"}"));
        return new SequenceInputStream(Collections.enumeration(pieces));
    }

    private static InputStream piece(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
    }
}
