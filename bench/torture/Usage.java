import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The processor time of a server and of the PostgreSQL in its data folder, and the transactions of that. A statement
/// outside of a begin and a commit is a transaction of its own.
final class Usage {

    private static final long MICROS_A_TICK = 10_000;

    private final long server;
    private final Path data;

    /// @param data null: there is no PostgreSQL
    Usage(long server, Path data) {
        this.server = server;
        this.data = data;
    }

    record Sample(long nanos, long serverMicros, long postgresMicros, long transactions) {}

    Sample sample() throws IOException, InterruptedException {
        long transactions = data == null ? 0 : transactions();
        return new Sample(System.nanoTime(), micros(server), data == null ? 0 : postgresMicros(), transactions);
    }

    private List<String> postmaster() throws IOException {
        return Files.readAllLines(data.resolve("postgres/postmaster.pid"));
    }

    private long postgresMicros() throws IOException {
        long postmaster = Long.parseLong(postmaster().getFirst().strip());
        // Those of its processes that ended are counted with itself.
        long micros = micros(postmaster) + ticks(postmaster, 13, 14) * MICROS_A_TICK;
        try (Stream<ProcessHandle> children = ProcessHandle.of(postmaster).orElseThrow().children()) {
            for (ProcessHandle child : children.toList()) {
                micros += micros(child.pid());
            }
        }
        return micros;
    }

    /// In user and kernel mode.
    private static long micros(long pid) throws IOException {
        return ticks(pid, 11, 12) * MICROS_A_TICK;
    }

    /// Two fields of /proc/pid/stat, counted behind the name; nothing of a process that ended.
    private static long ticks(long pid, int user, int kernel) throws IOException {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Long.parseLong(fields[user]) + Long.parseLong(fields[kernel]);
        } catch (NoSuchFileException ended) {
            return 0;
        }
    }

    private long transactions() throws IOException, InterruptedException {
        ProcessBuilder psql = new ProcessBuilder(
                "psql", "-qAtX", "-h", "127.0.0.1", "-p", postmaster().get(3), "-U", "chatkeep", "-d", "chatkeep",
                "-c", "select xact_commit from pg_stat_database where datname = 'chatkeep'");
        psql.environment().putAll(Map.of("PGPASSWORD", Files.readString(data.resolve("postgres.password")).strip()));
        Process process = psql.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() != 0) {
            throw new IOException(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
        }
        return Long.parseLong(said);
    }
}
