package dev.chatkeep.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The server as a process of its own, which can be killed.
final class ChildServer implements AutoCloseable {

    private static final Pattern ADDRESS = Pattern.compile("serving at (http://\\S+)");
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Process process;
    private final Path log;

    private ChildServer(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /// Starts it with these options of the JVM and settings of the server; does not wait.
    static ChildServer start(List<String> jvm, String... settings) throws IOException {
        Path log = Files.createTempFile("chatkeep-child", ".log");
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvm);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ServerMain.class.getName()));
        command.add("--server.port=0");
        for (String setting : settings) {
            command.add("--" + setting);
        }
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return new ChildServer(process, log);
    }

    /// Waits until it serves and returns its address.
    String url() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            Matcher address = ADDRESS.matcher(output());
            if (address.find()) {
                return address.group(1);
            }
            if (process.waitFor(Duration.ofMillis(100))) {
                break;
            }
        }
        throw new IOException("the server did not start: " + output());
    }

    /// Waits until it has ended by itself and returns its exit code.
    int exitCode() throws InterruptedException, IOException {
        if (!process.waitFor(PATIENCE)) {
            throw new IOException("the server goes on: " + output());
        }
        return process.exitValue();
    }

    String output() throws IOException {
        return Files.readString(log);
    }

    /// kill -9.
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /// Asks it to end, as Ctrl-C and service managers do.
    void terminate() {
        process.destroy();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        Files.deleteIfExists(log);
    }
}
