package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/// The kit that operators run on their own servers, on ours: `bench/torture`.
@Tag("slow")
class TortureTest {

    private static final Path KIT = Path.of("..", "bench", "torture", "Torture.java");
    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final String SERVERS_OWN = "the servers bring their own PostgreSQL";

    @TempDir
    private Path folder;

    @Test
    @DisabledIfEnvironmentVariable(named = "CHATKEEP_TEST_POSTGRES", matches = ".+", disabledReason = SERVERS_OWN)
    void nothingSaidIsLostInAFewKillsCutsAndFloods() throws Exception {
        torture("--kills", "3", "--cuts", "3", "--floods", "1");
    }

    @Test
    @Tag("slow")
    @DisabledIfEnvironmentVariable(named = "CHATKEEP_TEST_POSTGRES", matches = ".+", disabledReason = SERVERS_OWN)
    void nothingSaidIsLostInManyKillsCutsAndFloods() throws Exception {
        torture("--kills", "20", "--cuts", "20", "--floods", "5");
    }

    @Test
    @Tag("slow")
    void nothingSaidIsLostOrDoubledByTwoServersOfWhichOneIsFrozenAndKilled() throws Exception {
        TestDatabase database = TestDatabase.create();
        torture(
                "--only",
                "nodes",
                "--database",
                database.url(),
                "--user",
                database.user(),
                "--password",
                database.password());
    }

    private void torture(String... options) throws IOException, InterruptedException {
        Path arguments = folder.resolve("server");
        Files.write(
                arguments,
                List.of("-Xmx256m", "-cp", System.getProperty("java.class.path"), ServerMain.class.getName()));
        Path output = folder.resolve("output");
        var command = new ArrayList<>(
                List.of(JAVA.toString(), KIT.toString(), "--port", freePort(), "--command", JAVA + " @" + arguments));
        command.addAll(List.of(options));
        Process kit = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            boolean hasEnded = kit.waitFor(PATIENCE);
            String said = Files.readString(output);
            assertThat(hasEnded).as(said).isTrue();
            assertThat(kit.exitValue()).as(said).isZero();
            assertThat(said).contains("VERDICT: all of it held.");
            System.out.println(said);
        } finally {
            kit.descendants().forEach(ProcessHandle::destroyForcibly);
            kit.destroyForcibly();
        }
    }

    private static String freePort() throws IOException {
        try (ServerSocket door = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return Integer.toString(door.getLocalPort());
        }
    }
}
