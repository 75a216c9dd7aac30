package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Many answers that are as large as they may be, in a small heap.
class HeavyReadsTest {

    private static final int READERS = 32;
    private static final int MIB = 1 << 20;

    @TempDir
    private Path data;

    @Tag("slow")
    @Test
    void areRefusedBeforeTheHeapIsSpent() throws Exception {
        try (ChildServer server = ChildServer.start(
                List.of("-Xmx128m", "-XX:+ExitOnOutOfMemoryError"),
                "chatkeep.data-dir=" + data,
                "chatkeep.limits.per-user=0")) {
            Api api = Api.guest(server.url());
            api.post("/api/chats", "{\"id\":\"c\"}");
            String text = "\u4e16".repeat(MIB / 3 - 100);
            for (int i = 0; i < 12; i++) {
                String message = "{\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}";
                assertThat(api.post("/api/chats/c/messages", message).status()).isEqualTo(200);
            }
            String context = "{\"lastContext\":\"" + "x".repeat(60_000) + "\"}";
            for (int i = 0; i < 200; i++) {
                api.post("/api/chats", "{\"id\":\"d" + i + "\"}");
                assertThat(api.patch("/api/chats/d" + i, context).status()).isEqualTo(200);
            }
            for (String path :
                    List.of("/api/chats/c?last=100", "/api/chats/c/messages?limit=100", "/api/chats?limit=200")) {
                assertAnswered(api, path);
            }
            assertThat(server.output()).doesNotContain("OutOfMemory", "unexpected failure");
        }
    }

    private static void assertAnswered(Api api, String path) throws Exception {
        Callable<Integer> read = () -> api.get(path).status();
        try (ExecutorService readers = Executors.newFixedThreadPool(READERS)) {
            var statuses = new ArrayList<Integer>();
            for (var sent : readers.invokeAll(Collections.nCopies(READERS, read))) {
                statuses.add(sent.get());
            }
            assertThat(statuses).contains(200).isSubsetOf(200, 503);
        }
    }
}
