package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
                .untilAsserted(
                        () -> assertThat(new EmbeddedData(data).processes()).isEmpty());

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

    /// As systemd does, which signals every process of a service at once.
    @Test
    void anAnswerIsStoredAlthoughPostgresIsToldToEndTogetherWithTheServer() throws Exception {
        Api api;
        try (ChildServer first = start()) {
            api = Api.guest(first.url());
            EmbeddedData postgres = new EmbeddedData(data);
            try (Api.Stream stream = api.open(Api.turn("c", "m1", "Hello"))) {
                stream.await(line -> line.contains("text-delta"));
                postgres.preventStart();
                postgres.processes().forEach(ProcessHandle::destroy);
                first.terminate();
                stream.await(line -> line.contains("text-end"));
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> first.output().contains("could not be stored yet"));
                postgres.allowStart();
                assertThat(stream.await(line -> line.contains("\"finish\""))).isNotEmpty();
            }
            first.exitCode();
            assertThat(first.output()).contains("PostgreSQL ended by itself");
        }
        try (ChildServer second = start()) {
            assertThat(new Api(second.url(), api.token()).lastStatus("c")).isEqualTo("complete");
        }
    }

    /// Before its folder is deleted: it writes to it until the end.
    @AfterEach
    void awaitTheEndOfPostgres() {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(
                        () -> assertThat(new EmbeddedData(data).processes()).isEmpty());
    }

    private ChildServer start() throws IOException {
        return ChildServer.start(List.of("-Xmx256m"), "chatkeep.data-dir=" + data);
    }
}
