package dev.chatkeep.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The processes of PostgreSQL that are at work on a cluster, whoever started them, as `/proc` shows them:
/// none where there is no `/proc`.
record ClusterProcesses(Path cluster) {
    private static final Path PROC = Path.of("/proc");

    /// PostgreSQL's processes that work in the cluster's folder, and an `initdb` told to.
    List<ProcessHandle> running() {
        if (!Files.isDirectory(cluster)) {
            return List.of();
        }
        try (Stream<ProcessHandle> processes = ProcessHandle.allProcesses()) {
            return processes.filter(process -> isOurs(process.pid())).toList();
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
