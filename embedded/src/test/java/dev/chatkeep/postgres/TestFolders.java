package dev.chatkeep.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Folders and options the tests share.
final class TestFolders {
    /// Unpacked once for all tests of a build.
    static final Path CACHE = Path.of("target", "postgres-cache").toAbsolutePath();

    private TestFolders() {}

    static PostgresOptions options() {
        return PostgresOptions.defaults().withCache(CACHE);
    }

    /// The processes of PostgreSQL that run on this data directory.
    static List<ProcessHandle> processesOn(Path dataDirectory) {
        return new ClusterProcesses(dataDirectory.resolve("postgres")).running();
    }

    /// Each file's size and time of change, by path.
    static Map<String, String> snapshot(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            var seen = new TreeMap<String, String>();
            for (Path file : files.toList()) {
                seen.put(folder.relativize(file).toString(), Files.size(file) + " " + Files.getLastModifiedTime(file));
            }
            return seen;
        }
    }

    /// A folder directly below the system's temporary one, which every user can enter. JUnit's own are closed to
    /// others.
    static Path openToAll() throws IOException {
        Path folder = Files.createTempDirectory("chatkeep-embedded-");
        Files.setPosixFilePermissions(folder, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        return folder;
    }
}
