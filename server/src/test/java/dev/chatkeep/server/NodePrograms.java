package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The programs of a folder below `src/test`, run by the Node on the PATH, with the packages their lock file names.
final class NodePrograms {

    /// The AI SDK's own client, wallets, and a provider of models.
    static final NodePrograms CLIENTS = new NodePrograms("clients");

    /// The AI SDK's own chats, of several versions, and its hook in a page.
    static final NodePrograms STOCK = new NodePrograms("stock-clients");

    /// Front ends as their guides make them, in a browser.
    static final NodePrograms FRONTENDS = new NodePrograms("frontends");

    /// A local chain, a facilitator, and clients that pay.
    static final NodePrograms PAYMENTS = new NodePrograms("payments");

    /// What is generated from the API's description, and what checks it.
    static final NodePrograms GENERATED = new NodePrograms("generated-clients");

    private static final Duration INSTALL_PATIENCE = Duration.ofMinutes(5);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration START_PATIENCE = Duration.ofSeconds(30);

    private final Path folder;
    private final Path lock;

    private NodePrograms(String name) {
        this.folder = Path.of("src", "test", name).toAbsolutePath();
        this.lock = Path.of("target", name + ".lock").toAbsolutePath();
    }

    /// Installs the packages if they are missing or older than the lock file. Of runs side by side in one
    /// folder, one installs and the others wait for it.
    NodePrograms install() throws IOException, InterruptedException {
        String npm = onPath("npm");
        Files.createDirectories(lock.getParent());
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = channel.lock()) {
            assertThat(held.isValid()).isTrue();
            if (!isInstalled()) {
                run(INSTALL_PATIENCE, builder(List.of(npm, "ci", "--no-audit", "--no-fund")));
            }
        }
        return this;
    }

    /// Runs a program to its end, which must be a good one; what it said is the failure's text.
    void run(String program, String... arguments) throws IOException, InterruptedException {
        run(PATIENCE, builder(command(program, arguments)));
    }

    /// Runs a program that answers one line of JSON to one, whether its end is a good one or not.
    JsonNode ask(String program, String argument, JsonNode question) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command(program, argument))
                .directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            try (var input = process.outputWriter()) {
                input.write(question.toString());
            }
            String said = firstLine(process, PATIENCE);
            return JsonMapper.shared().readTree(said);
        } finally {
            process.destroyForcibly();
        }
    }

    /// Runs a program's text to its end, which must be a good one, and returns what it said.
    String evaluate(String text, Map<String, String> environment) throws IOException, InterruptedException {
        ProcessBuilder program = builder(List.of(onPath("node"), "--input-type=module", "--eval", text));
        program.environment().putAll(environment);
        return run(PATIENCE, program);
    }

    /// Starts a program that says in one line of JSON how to reach it. It ends with its standard input, so with this
    /// process whichever way that ends.
    Started start(String program) throws IOException {
        Process process = new ProcessBuilder(command(program))
                .directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            String said = firstLine(process, START_PATIENCE);
            assertThat(said).as("what %s says first", program).startsWith("{");
            return new Started(process, JsonMapper.shared().readTree(said));
        } catch (RuntimeException | Error failure) {
            process.destroyForcibly();
            throw failure;
        }
    }

    record Started(Process process, JsonNode said) implements AutoCloseable {
        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    /// Read on a thread of its own: in the common pool it would be in the way of whatever else is there.
    private static String firstLine(Process process, Duration patience) {
        var line = new CompletableFuture<String>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                line.complete(String.valueOf(process.inputReader().readLine()));
            } catch (IOException unreadable) {
                line.completeExceptionally(unreadable);
            }
        });
        return line.orTimeout(patience.toSeconds(), TimeUnit.SECONDS).join();
    }

    private boolean isInstalled() throws IOException {
        Path installed = folder.resolve("node_modules").resolve(".package-lock.json");
        return Files.exists(installed)
                && Files.getLastModifiedTime(installed)
                                .compareTo(Files.getLastModifiedTime(folder.resolve("package-lock.json")))
                        >= 0;
    }

    private static List<String> command(String program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(onPath("node"), program));
        command.addAll(List.of(arguments));
        return command;
    }

    /// Runs a program, of Node or not, to its end, which must be a good one, and returns what it said.
    static String run(Duration patience, ProcessBuilder program) throws IOException, InterruptedException {
        Path output = Files.createTempFile("clients-", ".out");
        Process process = program.redirectOutput(output.toFile()).start();
        try {
            boolean ended = process.waitFor(patience.toSeconds(), TimeUnit.SECONDS);
            String said = String.join(" ", program.command()) + "\n" + Files.readString(output);
            assertThat(ended)
                    .as("an end within %d s of %s", patience.toSeconds(), said)
                    .isTrue();
            assertThat(process.exitValue()).as("the exit code of %s", said).isZero();
            return said;
        } finally {
            end(process);
            Files.delete(output);
        }
    }

    /// With what it started: a browser, or a server.
    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private ProcessBuilder builder(List<String> command) {
        return new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
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
