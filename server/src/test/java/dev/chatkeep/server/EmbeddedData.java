package dev.chatkeep.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/// The data folder of a server with the embedded PostgreSQL, as one who has the same machine sees it.
record EmbeddedData(Path folder) {

    private static final String NONSENSE = "nonsense\n";

    /// The processes of PostgreSQL that run on this folder.
    List<ProcessHandle> processes() {
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            return all.filter(process -> isPostgres(process.pid())).toList();
        }
    }

    private boolean isPostgres(long pid) {
        try {
            Path process = Path.of("/proc", Long.toString(pid));
            return Files.readString(process.resolve("comm"), StandardCharsets.UTF_8)
                            .strip()
                            .equals("postgres")
                    && Files.isSameFile(process.resolve("cwd"), folder.resolve("postgres"));
        } catch (IOException ended) {
            return false;
        }
    }

    /// kill -9 of the first process, which the others see and end.
    void killPostmaster() throws IOException {
        String pid =
                Files.readAllLines(folder.resolve("postgres/postmaster.pid")).getFirst();
        processes().stream()
                .filter(process -> Long.toString(process.pid()).equals(pid.strip()))
                .findFirst()
                .orElseThrow()
                .destroyForcibly();
    }

    /// From now on PostgreSQL refuses to start.
    void preventStart() throws IOException {
        Files.writeString(settings(), NONSENSE, StandardOpenOption.APPEND);
    }

    void allowStart() throws IOException {
        Files.writeString(settings(), Files.readString(settings()).replace(NONSENSE, ""));
    }

    private Path settings() {
        return folder.resolve("postgres/postgresql.conf");
    }
}
