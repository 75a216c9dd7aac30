package dev.chatkeep.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.OptionalLong;

/// A server with one row, what its supervisor logs, and ways to end it.
final class Supervised implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(40);

    final LoggedLines log = LoggedLines.of(Supervisor.class);
    final EmbeddedPostgres server;
    private final Path folder;

    private Supervised(Path folder, PostgresOptions options) {
        this.folder = folder;
        this.server = EmbeddedPostgres.start(folder, options);
    }

    static Supervised start(Path folder) throws SQLException {
        return start(folder, TestFolders.options());
    }

    static Supervised start(Path folder, PostgresOptions options) throws SQLException {
        var supervised = new Supervised(folder, options);
        Sql.execute(supervised.server, "create table if not exists kept as select 'this' as word");
        return supervised;
    }

    Path cluster() {
        return folder.resolve("postgres");
    }

    void kill() throws IOException, InterruptedException {
        Signals.send("KILL", server.pid());
    }

    void awaitAnswer() {
        await().atMost(LIMIT)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(Sql.query(server, "select word from kept limit 1"))
                        .containsExactly("this"));
    }

    void awaitLine(String words) {
        await().atMost(LIMIT).until(() -> log.contain(words));
    }

    /// Waits for the start of a server after `earlier`, and returns its process id.
    static long awaitPostmaster(Path folder, ProcessHandle jvm, long earlier) {
        return await().pollInterval(Duration.ofMillis(2))
                .atMost(LIMIT)
                .until(() -> postmaster(folder, jvm, earlier), OptionalLong::isPresent)
                .getAsLong();
    }

    private static OptionalLong postmaster(Path folder, ProcessHandle jvm, long earlier) {
        return TestFolders.processesOn(folder).stream()
                .filter(process -> process.parent().filter(jvm::equals).isPresent())
                .mapToLong(ProcessHandle::pid)
                .filter(pid -> pid != earlier)
                .findFirst();
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
    }

    static long backend(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery("select pg_backend_pid()")) {
            row.next();
            return row.getLong(1);
        }
    }

    /// Stops a process of the server that holds its shared memory, and returns its id: when the postmaster is
    /// killed, this one does not see it.
    long stopBackend() throws SQLException, IOException, InterruptedException {
        @SuppressWarnings("resource") // It ends with its server.
        long backend = backend(connect());
        Signals.send("STOP", backend);
        return backend;
    }

    /// Closes the server, of which nothing may be left.
    @Override
    public void close() {
        server.close();
        log.close();
        assertThat(TestFolders.processesOn(folder)).isEmpty();
    }
}
