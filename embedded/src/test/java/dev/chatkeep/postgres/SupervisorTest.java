package dev.chatkeep.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A server that ends although nobody closed it.
class SupervisorTest {
    @TempDir
    Path folder;

    private Supervised supervised;
    private EmbeddedPostgres server;

    @BeforeEach
    void start() throws SQLException {
        supervised = Supervised.start(folder);
        server = supervised.server;
    }

    @AfterEach
    void stop() {
        supervised.close();
    }

    @ParameterizedTest
    @CsvSource({"KILL, 137", "QUIT, 0", "INT, 0", "TERM, 0"})
    void isStartedAgainOnItsPortWithItsRows(String signal, int exitCode) throws Exception {
        long before = server.pid();
        String url = server.jdbcUrl();
        Signals.send(signal, before);
        supervised.awaitAnswer();
        assertThat(server.pid()).isNotEqualTo(before);
        assertThat(server.jdbcUrl()).isEqualTo(url);
        Path log = folder.toRealPath().resolve("postgres.log");
        assertThat(supervised.log.lines())
                .satisfiesExactly(
                        line -> assertThat(line)
                                .isEqualTo("PostgreSQL ended by itself (exit code %d). It is started again now. See %s."
                                        .formatted(exitCode, log)),
                        line -> assertThat(line).matches("PostgreSQL accepts connections again, after \\d+\\.\\d s"));
    }

    @Test
    void isStartedAgainHoweverOftenItEnds() throws Exception {
        for (int i = 1; i <= 4; i++) {
            Sql.execute(server, "insert into kept values ('" + i + "')");
            supervised.kill();
            supervised.awaitAnswer();
        }
        assertThat(Sql.query(server, "select word from kept")).containsExactly("this", "1", "2", "3", "4");
    }

    @Test
    void isStartedAgainAlthoughItWasKilledWhileItStarted() throws Exception {
        long first = server.pid();
        supervised.kill();
        long second = Supervised.awaitPostmaster(folder, ProcessHandle.current(), first);
        Signals.send("KILL", second);
        supervised.awaitAnswer();
    }

    @Test
    void staysItselfWhenOneOfItsProcessesIsKilled() throws Exception {
        long before = server.pid();
        try (Connection connection = supervised.connect()) {
            Signals.send("KILL", Supervised.backend(connection));
            await().atMost(Supervised.LIMIT).until(() -> !connection.isValid(1));
        }
        supervised.awaitAnswer();
        assertThat(server.pid()).isEqualTo(before);
        assertThat(supervised.log.lines()).isEmpty();
    }

    /// PostgreSQL itself refuses to start: "pre-existing shared memory block is still in use".
    @Test
    void isStartedAgainAlthoughAnOrphanHoldsItsSharedMemory() throws Exception {
        long orphan = supervised.stopBackend();
        supervised.kill();
        supervised.awaitAnswer();
        assertThat(ProcessHandle.of(orphan).filter(ProcessHandle::isAlive)).isEmpty();
        assertThat(supervised.log.lines()).hasSize(2);
    }

    @Test
    void connectionsAreWaitedForWhileItIsAway() throws Exception {
        var source = server.dataSource(new Properties());
        for (int i = 0; i < 2; i++) {
            supervised.kill();
            try (Connection connection = source.getConnection()) {
                assertThat(connection.isValid(1)).isTrue();
            }
        }
    }

    @Test
    void connectionsAreWaitedForWhileItRecoversFromTheEndOfOneOfItsProcesses() throws Exception {
        var source = server.dataSource(new Properties());
        for (int i = 0; i < 3; i++) {
            try (Connection broken = source.getConnection()) {
                Signals.send("KILL", Supervised.backend(broken));
            }
            try (Connection connection = source.getConnection()) {
                assertThat(connection.isValid(1)).isTrue();
            }
        }
    }

    @Test
    void manyWaitForTheSameRestart() throws Exception {
        var source = server.dataSource(new Properties());
        supervised.kill();
        try (var threads = Executors.newFixedThreadPool(20)) {
            Callable<Boolean> connect = () -> {
                try (Connection connection = source.getConnection()) {
                    return connection.isValid(1);
                }
            };
            for (var connected : threads.invokeAll(java.util.Collections.nCopies(20, connect))) {
                assertThat(connected.get()).isTrue();
            }
        }
    }

    @Test
    void endsWithItsJvmAlsoAfterARestart(@TempDir Path other) throws Exception {
        try (OtherJvm jvm = OtherJvm.start(other)) {
            long first = jvm.server().pid();
            Signals.send("KILL", first);
            Supervised.awaitPostmaster(other, jvm.jvm.toHandle(), first);
            jvm.kill();
            await().atMost(Supervised.LIMIT)
                    .untilAsserted(
                            () -> assertThat(TestFolders.processesOn(other)).isEqualTo(List.of()));
        }
    }
}
