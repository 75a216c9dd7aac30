import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// A Chatkeep server as a process of its own, which can be killed, frozen and started again.
final class Node implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final List<String> command;
    private final Map<String, String> environment;
    private final int port;
    private final Path log;
    private Process process;

    Node(List<String> command, Map<String, String> environment, int port) throws IOException {
        this.command = command;
        this.environment = environment;
        this.port = port;
        this.log = Files.createTempFile("torture-node", ".log");
    }

    String url() {
        return "http://127.0.0.1:" + port;
    }

    /// Starts it, and returns when it serves.
    Node start() throws IOException, InterruptedException {
        var line = new ArrayList<>(command);
        line.add("--server.port=" + port);
        line.add("--chatkeep.auth.guest.enabled=true");
        line.add("--chatkeep.limits.per-user=0");
        line.add("--chatkeep.limits.per-address=0");
        line.add("--chatkeep.limits.sign-ins=0");
        line.add("--chatkeep.limits.streams=0");
        line.add("--chatkeep.limits.guests=0");
        ProcessBuilder builder =
                new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        process = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline && process.isAlive()) {
            if (isServing()) {
                return this;
            }
            Thread.sleep(100);
        }
        throw new IOException("the server did not start: " + Files.readString(log));
    }

    private boolean isServing() throws InterruptedException {
        try {
            return Client.HTTP
                            .send(
                                    HttpRequest.newBuilder(URI.create(url() + "/api/health"))
                                            .timeout(Duration.ofSeconds(5))
                                            .build(),
                                    BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    long pid() {
        return process.pid();
    }

    /// kill -9.
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    void freeze() throws IOException, InterruptedException {
        signal("-STOP");
    }

    void thaw() throws IOException, InterruptedException {
        signal("-CONT");
    }

    private void signal(String signal) throws IOException, InterruptedException {
        new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
    }

    /// Deletes what a server kept in a folder.
    static void delete(Path data) throws IOException {
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        if (process != null && process.isAlive()) {
            process.destroy();
            if (!process.waitFor(Duration.ofSeconds(20))) {
                process.destroyForcibly().waitFor();
            }
        }
        Files.deleteIfExists(log);
    }
}
