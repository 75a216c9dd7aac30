package dev.chatkeep.postgres;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/// The running server process, our child.
record Postmaster(Process process, int port, ClusterProcesses processes) {
    /// Recovery after a crash replays at most the WAL since the last checkpoint, about `max_wal_size`.
    private static final Duration START_LIMIT = Duration.ofMinutes(5);

    private static final Duration FAST_STOP_LIMIT = Duration.ofSeconds(30);
    private static final Duration IMMEDIATE_STOP_LIMIT = Duration.ofSeconds(10);
    private static final int PORT_ATTEMPTS = 5;

    /// Returns when the server accepts connections. If it cannot, nothing of it is left running.
    ///
    /// @param wanted the port, or 0 for a free one; if it is taken, so is a free one unless the options name
    ///     it
    static Postmaster start(Cluster cluster, PostgresOptions options, int wanted) throws IOException {
        int port = wanted == 0 ? freePort() : wanted;
        for (int attempt = 1; ; attempt++) {
            ServerLog log = cluster.log().fromNow();
            Postmaster postmaster = new Postmaster(
                    launch(cluster, options, port),
                    port,
                    new ClusterProcesses(cluster.data().cluster()));
            boolean ready = false;
            try {
                ready = postmaster.becomesReady(log);
            } finally {
                if (!ready) {
                    postmaster.stop();
                }
            }
            if (ready) {
                return postmaster;
            }
            // A port that was free a moment ago may be taken by now.
            boolean portTaken = log.tail().contains("could not create any TCP/IP sockets");
            if (!portTaken) {
                throw log.failure("PostgreSQL ended while it was starting (exit code "
                        + postmaster.process().exitValue() + "). Mend what it reports.");
            }
            if (options.port() != 0 || attempt == PORT_ATTEMPTS) {
                throw log.failure("PostgreSQL cannot listen on 127.0.0.1:" + port
                        + ". Choose another port, or none, and a free one is taken.");
            }
            port = freePort();
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            return socket.getLocalPort();
        }
    }

    private static Process launch(Cluster cluster, PostgresOptions options, int port) throws IOException {
        DataFolder data = cluster.data();
        List<String> command = new ArrayList<>(List.of(
                cluster.binaries().program("postgres").toString(),
                "-D",
                data.cluster().toString(),
                "-p",
                Integer.toString(port),
                "-c",
                "max_connections=" + options.maxConnections(),
                "-c",
                "logging_collector=off"));
        options.settings().forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
        PostgresOptions.FIXED.forEach(setting -> command.addAll(List.of("-c", setting)));
        return cluster.launcher()
                .launch(new ProcessBuilder(command)
                        .directory(data.root().toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(cluster.log().append()));
    }

    static Path pidFile(Path cluster) {
        return cluster.resolve("postmaster.pid");
    }

    /// What `postmaster.pid` says, line by line; empty if there is none, as for a moment when a stale one is
    /// replaced.
    static List<String> state(Path cluster) throws IOException {
        try {
            return Files.readAllLines(pidFile(cluster), ISO_8859_1);
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    /// Reads the state PostgreSQL keeps in `postmaster.pid` rather than knocking at the port: if the port is
    /// somebody else's after all, our password is not offered to them.
    ///
    /// @return false if the process ended
    private boolean becomesReady(ServerLog log) throws IOException {
        for (Instant limit = Instant.now().plus(START_LIMIT); process.isAlive(); Pause.brief()) {
            List<String> state = state(processes.cluster());
            if (state.size() >= 8
                    && state.getFirst().strip().equals(Long.toString(process.pid()))
                    && state.get(7).strip().equals("ready")) {
                return true;
            }
            if (Instant.now().isAfter(limit)) {
                throw log.failure("PostgreSQL was not ready after " + START_LIMIT.toMinutes()
                        + " minutes. If its log says that it is recovering, start again.");
            }
        }
        return false;
    }

    /// Stops with SIGINT (*fast*: clients are cut off, all is written), which is not what [Process#destroy()]
    /// sends: on SIGTERM PostgreSQL would wait for its clients. A server that does not react is stopped the
    /// hard way; it then recovers at the next start. Returns when it and all its children have ended.
    /// Repeating it is harmless.
    void stop() {
        if (process.isAlive() && !endsAfter("INT", FAST_STOP_LIMIT) && !endsAfter("QUIT", IMMEDIATE_STOP_LIMIT)) {
            process.destroyForcibly();
            process.onExit().join();
        }
        try {
            endOrphans();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Needs the end of the process. Returns when its children have ended too, which they do at once unless it
    /// was killed.
    void endOrphans() throws IOException {
        new Orphans(processes, process.pid()).end();
    }

    private boolean endsAfter(String signal, Duration limit) {
        try {
            new ProcessBuilder("sh", "-c", "kill -s \"$1\" \"$2\"", "sh", signal, Long.toString(process.pid()))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.onExit().orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).join();
            return true;
        } catch (IOException | CompletionException e) {
            return !process.isAlive();
        }
    }
}
