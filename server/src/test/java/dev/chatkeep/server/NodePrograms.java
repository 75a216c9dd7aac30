package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.json.JsonMapper;

/// The programs of `src/test/clients`, run by the Node on the PATH, with the packages their lock file names.
final class NodePrograms {

    private static final Path FOLDER = Path.of("src", "test", "clients").toAbsolutePath();
    private static final Path LOCK = Path.of("target", "clients.lock").toAbsolutePath();
    private static final Duration INSTALL_PATIENCE = Duration.ofMinutes(5);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration START_PATIENCE = Duration.ofSeconds(30);

    private NodePrograms() {}

    /// Installs the packages if they are missing or older than the lock file. Of runs side by side in one
    /// folder, one installs and the others wait for it.
    static void install() throws IOException, InterruptedException {
        String npm = onPath("npm");
        Files.createDirectories(LOCK.getParent());
        try (FileChannel channel = FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = channel.lock()) {
            assertThat(held.isValid()).isTrue();
            if (!isInstalled()) {
                run(INSTALL_PATIENCE, List.of(npm, "ci", "--no-audit", "--no-fund"));
            }
        }
    }

    /// Runs a program to its end, which must be a good one; what it said is the failure's text.
    static void run(String program, String... arguments) throws IOException, InterruptedException {
        run(PATIENCE, command(program, arguments));
    }

    /// A provider of models on loopback. It ends when it is closed, and with this process whichever way that ends.
    record Aimock(Process process, String url) implements AutoCloseable {

        static Aimock start() throws IOException {
            Process process = builder(command("aimock.mjs")).start();
            try {
                return new Aimock(process, url(process));
            } catch (RuntimeException | Error failure) {
                process.destroyForcibly();
                throw failure;
            }
        }

        private static String url(Process process) {
            String said = CompletableFuture.supplyAsync(() -> firstLine(process))
                    .orTimeout(START_PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .join();
            assertThat(said).as("what aimock.mjs says first").startsWith("{\"url\":");
            return JsonMapper.shared().readTree(said).path("url").stringValue();
        }

        private static String firstLine(Process process) {
            try (BufferedReader output = process.inputReader()) {
                return String.valueOf(output.readLine());
            } catch (IOException unreadable) {
                return "nothing: " + unreadable;
            }
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    private static boolean isInstalled() throws IOException {
        Path installed = FOLDER.resolve("node_modules").resolve(".package-lock.json");
        return Files.exists(installed)
                && Files.getLastModifiedTime(installed)
                                .compareTo(Files.getLastModifiedTime(FOLDER.resolve("package-lock.json")))
                        >= 0;
    }

    private static List<String> command(String program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(onPath("node"), program));
        command.addAll(List.of(arguments));
        return command;
    }

    private static void run(Duration patience, List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("clients-", ".out");
        Process process = builder(command).redirectOutput(output.toFile()).start();
        try {
            boolean ended = process.waitFor(patience.toSeconds(), TimeUnit.SECONDS);
            String said = String.join(" ", command) + "\n" + Files.readString(output);
            assertThat(ended)
                    .as("an end within %d s of %s", patience.toSeconds(), said)
                    .isTrue();
            assertThat(process.exitValue()).as("the exit code of %s", said).isZero();
        } finally {
            process.destroyForcibly();
            Files.delete(output);
        }
    }

    private static ProcessBuilder builder(List<String> command) {
        return new ProcessBuilder(command).directory(FOLDER.toFile()).redirectErrorStream(true);
    }

    private static String onPath(String name) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new AssertionError("There is no \"" + name + "\" on the PATH. The tests with real"
                        + " clients need Node 20 or newer, with npm: install it, or put it on the PATH."))
                .toString();
    }
}
