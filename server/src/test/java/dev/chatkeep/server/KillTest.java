package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class KillTest {

    @TempDir
    private Path data;

    @Test
    void everyChatIsThereAfterKillMinusNineAndNoPostgresIsLeft() throws Exception {
        Api api;
        JsonNode whole;
        try (ChildServer first = start()) {
            api = Api.guest(first.url());
            api.say("whole", "m1", "Hello there");
            whole = api.chat("whole");
            try (Api.Stream stream = api.open(Api.turn("half", "m1", "A very long answer, please"))) {
                stream.await(line -> line.contains("text-delta"));
                first.kill();
            }
        }
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(postgresOn(data)).isEmpty());

        try (ChildServer second = start()) {
            Api again = new Api(second.url(), api.token());

            assertThat(again.chat("whole")).isEqualTo(whole);
            assertThat(again.chat("half").path("messages").get(0).toString()).contains("A very long answer");
            assertThat(again.lastStatus("half")).isEqualTo("interrupted");
            again.say("half", "m2", "And now?");
            assertThat(again.lastStatus("half")).isEqualTo("complete");
        }
    }

    @Test
    void aSecondServerOnTheSameDataIsToldSoInWords() throws Exception {
        try (ChildServer first = start()) {
            first.url();
            try (ChildServer second = start()) {
                assertThat(second.exitCode()).isNotZero();
                assertThat(second.output()).contains("is in use by process").doesNotContain("\tat ");
            }
        }
    }

    @Test
    void anAnswerIsFinishedBeforeTheServerEnds() throws Exception {
        Api api;
        try (ChildServer first = start()) {
            api = Api.guest(first.url());
            try (Api.Stream stream = api.open(Api.turn("c", "m1", "Hello"))) {
                stream.await(line -> line.contains("reasoning-delta"));
                first.terminate();
                assertThat(stream.await(line -> line.contains("\"finish\""))).isNotEmpty();
            }
            first.exitCode();
        }
        try (ChildServer second = start()) {
            assertThat(new Api(second.url(), api.token()).lastStatus("c")).isEqualTo("complete");
        }
    }

    /// Before its folder is deleted: it writes to it until the end.
    @AfterEach
    void awaitTheEndOfPostgres() {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(postgresOn(data)).isEmpty());
    }

    private ChildServer start() throws IOException {
        return ChildServer.start(List.of("-Xmx256m"), "chatkeep.data-dir=" + data);
    }

    /// The command lines of the postgres processes that run on this folder.
    private static List<String> postgresOn(Path folder) throws IOException {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            return processes
                    .filter(process -> process.getFileName().toString().matches("\\d+"))
                    .map(KillTest::commandLine)
                    .filter(line -> line.contains("postgres") && line.contains(folder.toString()))
                    .filter(line -> !line.contains(ServerMain.class.getName()))
                    .toList();
        }
    }

    private static String commandLine(Path process) {
        try {
            return new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.UTF_8);
        } catch (IOException ended) {
            return "";
        }
    }
}
