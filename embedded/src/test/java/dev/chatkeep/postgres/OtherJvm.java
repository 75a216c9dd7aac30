package dev.chatkeep.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/// A [Holder] in a JVM of its own. Neither it nor its server outlives [#close()], also when what is tested is
/// broken.
final class OtherJvm implements AutoCloseable {
    final Process jvm;
    final List<String> output = new ArrayList<>();
    private Optional<ProcessHandle> server = Optional.empty();

    private OtherJvm(Process jvm) {
        this.jvm = jvm;
    }

    static OtherJvm start(Path dataDirectory) throws IOException {
        return start(List.of(), System.getProperty("java.class.path"), dataDirectory, TestFolders.CACHE, "usual");
    }

    /// Returns when the server is ready or the start failed.
    static OtherJvm start(List<String> prefix, String classPath, Path dataDirectory, Path cache, String launcher)
            throws IOException {
        var other = new OtherJvm(launch(prefix, classPath, dataDirectory, cache, launcher));
        other.readUntilDecided();
        return other;
    }

    /// Returns at once; the process ends with this JVM at the latest.
    static Process launch(List<String> prefix, String classPath, Path dataDirectory, Path cache, String launcher)
            throws IOException {
        var command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-cp",
                classPath,
                Holder.class.getName(),
                dataDirectory.toString(),
                cache.toString(),
                launcher));
        return new ProcessBuilder(command)
                .directory(Path.of("/").toFile())
                .redirectErrorStream(true)
                .start();
    }

    private void readUntilDecided() throws IOException {
        var reader = new BufferedReader(new InputStreamReader(jvm.getInputStream(), UTF_8));
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            output.add(line);
            if (line.startsWith("ready ")) {
                server = ProcessHandle.of(Long.parseLong(line.split(" ", -1)[1]));
                return;
            }
            if (line.startsWith("failed ")) {
                return;
            }
        }
    }

    String lastLine() {
        return output.isEmpty() ? "" : output.getLast();
    }

    ProcessHandle server() {
        return server.orElseThrow(() -> new AssertionError("no server: " + output));
    }

    String url() {
        server();
        return "jdbc:postgresql://127.0.0.1:" + lastLine().split(" ", -1)[2] + "/chatkeep";
    }

    static String password(Path dataDirectory) throws IOException {
        return Files.readString(dataDirectory.resolve("postgres.password")).strip();
    }

    /// Whether the server still runs. One that ended may be listed until its new parent asks for its exit code.
    boolean serverRuns() throws IOException {
        Path state = Path.of("/proc/" + server().pid() + "/stat");
        return server().isAlive() && !Files.readString(state).contains(") Z ");
    }

    /// `kill -9`.
    void kill() {
        jvm.destroyForcibly().onExit().join();
    }

    @Override
    public void close() throws IOException {
        jvm.getOutputStream().close();
        try {
            jvm.onExit().orTimeout(10, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            kill();
        }
        server.filter(ProcessHandle::isAlive).ifPresent(ProcessHandle::destroyForcibly);
    }
}
