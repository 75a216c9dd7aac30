package dev.chatkeep.postgres;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

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
record EarlierServer(ClusterProcesses processes, Consumer<String> progress) {
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    /// Waits for orphans to finish their shutdown.
    ///
    /// @throws EmbeddedPostgresException if it runs on, naming its process
    void awaitEnd() throws IOException {
        List<ProcessHandle> running = processes.running();
        if (running.isEmpty()) {
            return;
        }
        progress.accept("Waiting for an earlier PostgreSQL on " + processes.cluster() + " to end (process "
                + running.getFirst().pid() + ") ...");
        for (Instant limit = Instant.now().plus(PATIENCE); Instant.now().isBefore(limit); Pause.brief()) {
            running = processes.running();
            if (running.isEmpty()) {
                return;
            }
        }
        long pid = running.getFirst().pid();
        throw new EmbeddedPostgresException("A PostgreSQL that this program did not start runs on "
                + processes.cluster() + " (process " + pid + "). Stop it (kill -INT " + pid + "), then start again.");
    }

    /// PostgreSQL refuses to start while `postmaster.pid` names a live process, whichever that is. A stranger's id
    /// is replaced by ours: PostgreSQL takes its parent's id for a leftover. The other lines stay, because with
    /// them it makes sure that no process of the earlier server still holds the shared memory. A file that power
    /// loss left empty would also be refused and says nothing, so it goes.
    ///
    /// Only after [#awaitEnd()].
    void disownStrangersPid() throws IOException {
        Path file = Postmaster.pidFile(processes.cluster());
        List<String> lines = Postmaster.state(processes.cluster());
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
}
