package dev.chatkeep.postgres;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// What an earlier start may have left on a cluster: a server that still shuts down or an `initdb` that still
/// removes its half-made files after their JVM was killed, or a `postmaster.pid` with a process id that has since
/// been given to a stranger. Nothing here ever signals a process.
///
/// Needs the [DataLock], which tells that no other Chatkeep is at work on the cluster.
record EarlierServer(Path cluster, Consumer<String> progress) {
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final Path PROC = Path.of("/proc");

    /// Waits for orphans to finish their shutdown.
    ///
    /// @throws EmbeddedPostgresException if it runs on, naming its process
    void awaitEnd() throws IOException {
        List<Long> running = running();
        if (running.isEmpty()) {
            return;
        }
        progress.accept(
                "Waiting for an earlier PostgreSQL on " + cluster + " to end (process " + running.getFirst() + ") ...");
        for (Instant limit = Instant.now().plus(PATIENCE); Instant.now().isBefore(limit); running = running()) {
            if (running.isEmpty()) {
                return;
            }
            Pause.brief();
        }
        throw new EmbeddedPostgresException("A PostgreSQL that this program did not start runs on " + cluster
                + " (process " + running.getFirst() + "). Stop it (kill -INT " + running.getFirst()
                + "), then start again.");
    }

    /// PostgreSQL refuses to start while `postmaster.pid` names a live process, whichever that is. A stranger's id
    /// is replaced by ours: PostgreSQL takes its parent's id for a leftover. The other lines stay, because with
    /// them it makes sure that no process of the earlier server still holds the shared memory. A file that power
    /// loss left empty would also be refused and says nothing, so it goes.
    ///
    /// Only after [#awaitEnd()].
    void disownStrangersPid() throws IOException {
        Path file = Postmaster.pidFile(cluster);
        List<String> lines = Postmaster.state(cluster);
        String first = lines.isEmpty() ? "" : lines.getFirst().strip();
        if (!first.matches("-?\\d{1,18}")) {
            Files.deleteIfExists(file);
        } else if (isAlive(Math.abs(Long.parseLong(first)))) {
            Stream<String> ours =
                    Stream.of(Long.toString(ProcessHandle.current().pid()));
            Files.write(file, Stream.concat(ours, lines.stream().skip(1)).toList(), ISO_8859_1);
        }
    }

    private static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
    }

    /// PostgreSQL's processes that work in the cluster's folder, and an `initdb` told to.
    private List<Long> running() throws IOException {
        if (!Files.isDirectory(cluster)) {
            return List.of();
        }
        try (Stream<ProcessHandle> processes = ProcessHandle.allProcesses()) {
            return processes.map(ProcessHandle::pid).filter(this::isOurs).toList();
        }
    }

    private boolean isOurs(long pid) {
        Path process = PROC.resolve(Long.toString(pid));
        try {
            return switch (Files.readString(process.resolve("comm")).strip()) {
                case "postgres" -> worksInCluster(process) || isTold(process, cluster.toString());
                case "initdb" -> isTold(process, "--pgdata=" + cluster);
                default -> false;
            };
        } catch (IOException e) {
            return false; // gone
        }
    }

    /// Unknown, so false, for a process of another user, unless we are root with all privileges.
    private boolean worksInCluster(Path process) {
        try {
            return Files.isSameFile(process.resolve("cwd"), cluster);
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isTold(Path process, String word) throws IOException {
        String words = new String(Files.readAllBytes(process.resolve("cmdline")), UTF_8);
        return List.of(words.split("\0", -1)).contains(word);
    }
}
