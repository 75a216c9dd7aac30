package dev.chatkeep.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmbeddedPostgresTest {

    @Nested
    class ARunningServer {
        @TempDir
        static Path folder;

        static EmbeddedPostgres server;

        @BeforeAll
        static void start() {
            server = EmbeddedPostgres.start(
                    folder, TestFolders.options().withMaxConnections(33).withSetting("work_mem", "7MB"));
        }

        @AfterAll
        static void stop() {
            server.close();
        }

        @ParameterizedTest
        @CsvSource({
            "fsync, on",
            "synchronous_commit, on",
            "full_page_writes, on",
            "listen_addresses, 127.0.0.1",
            "unix_socket_directories, ''",
            "password_encryption, scram-sha-256",
            "data_checksums, on",
            "server_encoding, UTF8",
            "max_connections, 33",
            "work_mem, 7MB",
            "log_timezone, UTC"
        })
        void runsWithTheSetting(String name, String value) throws SQLException {
            assertThat(Sql.query(server, "show " + name)).containsExactly(value);
        }

        @Test
        void sortsByCodePoint() throws SQLException {
            assertThat(Sql.query(server, "select datcollate from pg_database where datname = 'chatkeep'"))
                    .containsExactly("C.UTF-8");
        }

        @Test
        void askForAScramPasswordOnEveryWayIn() throws SQLException {
            assertThat(Sql.query(server, "select type || ' ' || auth_method from pg_hba_file_rules"))
                    .contains("local scram-sha-256", "host scram-sha-256")
                    .allMatch(rule -> rule.endsWith(" scram-sha-256"));
            assertThat(Sql.query(server, "select rolpassword from pg_authid where rolpassword is not null"))
                    .singleElement()
                    .asString()
                    .startsWith("SCRAM-SHA-256$");
        }

        @Test
        void refusesAWrongPassword() {
            assertThatThrownBy(() -> Sql.query(server.jdbcUrl(), "wrong", "select 1"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
        }

        @Test
        void keepsItsPasswordAndLogFromOthers() throws IOException {
            assertThat(Files.readString(folder.resolve("postgres.password")).strip())
                    .isEqualTo(server.password())
                    .hasSize(43);
            for (String name : new String[] {"postgres.password", "postgres.log"}) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name))))
                        .isEqualTo("rw-------");
            }
        }

        @Test
        void saysWhatItIs() throws IOException {
            assertThat(server.jdbcUrl()).isEqualTo("jdbc:postgresql://127.0.0.1:" + server.port() + "/chatkeep");
            assertThat(server.user()).isEqualTo("chatkeep");
            assertThat(server.version()).isEqualTo("18.6");
            assertThat(server.dataDirectory()).isEqualTo(folder.toRealPath());
        }

        /// Ctrl-C in a terminal goes to all of a session's foreground group.
        @Test
        void isInASessionOfItsOwnSoThatCtrlCDoesNotReachIt() throws IOException {
            String state = Files.readString(Path.of("/proc/" + server.pid() + "/stat"));
            String session = state.substring(state.lastIndexOf(')')).split(" ", -1)[4];
            assertThat(session).isEqualTo(Long.toString(server.pid()));
        }

        @Test
        void isPostgresItselfAndNotAWrapper() throws IOException {
            assertThat(Files.readString(Path.of("/proc/" + server.pid() + "/comm"))
                            .strip())
                    .isEqualTo("postgres");
        }

        @Test
        void isRefusedToASecondStartAndUnharmedByIt() throws Exception {
            assertThatThrownBy(() -> EmbeddedPostgres.start(folder, TestFolders.options()))
                    .isInstanceOf(EmbeddedPostgresException.class)
                    .hasMessageContaining(
                            "in use by this process (" + ProcessHandle.current().pid() + ")");
            // The lock of a process is lost when it closes any descriptor of the file: only another JVM can tell.
            try (OtherJvm other = OtherJvm.start(folder)) {
                assertThat(other.lastLine())
                        .startsWith("failed ")
                        .contains("in use by process " + ProcessHandle.current().pid());
            }
            assertThat(Sql.query(server, "select 1")).containsExactly("1");
        }
    }

    @Nested
    class OverItsLife {
        @TempDir
        Path folder;

        @Test
        void keepsRowsAndPasswordOverARestart() throws SQLException {
            String password;
            try (var server = EmbeddedPostgres.start(folder, TestFolders.options())) {
                password = server.password();
                Sql.execute(server, "create table kept (word text)");
                Sql.execute(server, "insert into kept values ('this')");
            }
            try (var server = EmbeddedPostgres.start(folder, TestFolders.options())) {
                assertThat(server.password()).isEqualTo(password);
                assertThat(Sql.query(server, "select word from kept")).containsExactly("this");
            }
        }

        @Test
        void closesWithinSecondsAlthoughAClientIsConnectedAndClosesOnce() throws Exception {
            var server = EmbeddedPostgres.start(folder, TestFolders.options());
            var process = ProcessHandle.of(server.pid()).orElseThrow();
            try (var client =
                    java.sql.DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password())) {
                assertThat(client.isValid(1)).isTrue();
                long before = System.nanoTime();
                server.close();
                assertThat(System.nanoTime() - before).isLessThan(10_000_000_000L);
            }
            assertThat(process.isAlive()).isFalse();
            assertThat(folder.resolve("postgres/postmaster.pid")).doesNotExist();
            server.close();
        }

        @Test
        void createsTheDatabaseThatACrashAfterInitdbLeftOut() throws SQLException {
            try (var server = EmbeddedPostgres.start(folder, TestFolders.options())) {
                Sql.execute(
                        server.jdbcUrl().replace("/chatkeep", "/postgres"),
                        server.password(),
                        "drop database chatkeep");
            }
            try (var server = EmbeddedPostgres.start(folder, TestFolders.options())) {
                assertThat(Sql.query(server, "select current_database()")).containsExactly("chatkeep");
            }
        }

        @Test
        void tellsItsProgress() {
            var lines = new ArrayList<String>();
            var options = TestFolders.options().withProgress(lines::add);
            EmbeddedPostgres.start(folder, options).close();
            assertThat(lines).last().asString().startsWith("Creating the database cluster in ");
            lines.clear();
            EmbeddedPostgres.start(folder, options).close();
            assertThat(lines).isEmpty();
        }

        @Test
        void listensOnTheChosenPort() throws Exception {
            int port;
            try (var socket = new java.net.ServerSocket(0)) {
                port = socket.getLocalPort();
            }
            try (var server =
                    EmbeddedPostgres.start(folder, TestFolders.options().withPort(port))) {
                assertThat(server.port()).isEqualTo(port);
            }
        }

        @Test
        void saysThatTheChosenPortIsTaken() throws Exception {
            try (var taken = new java.net.ServerSocket(0)) {
                var options = TestFolders.options().withPort(taken.getLocalPort());
                assertThatThrownBy(() -> EmbeddedPostgres.start(folder, options))
                        .isInstanceOf(EmbeddedPostgresException.class)
                        .hasMessageContaining("cannot listen on 127.0.0.1:" + taken.getLocalPort());
            }
            EmbeddedPostgres.start(folder, TestFolders.options()).close();
        }

        @Test
        void endsTheMessageOfAFailedStartWithTheLog() {
            assertThatThrownBy(() ->
                            EmbeddedPostgres.start(folder, TestFolders.options().withSetting("work_mem", "plenty")))
                    .isInstanceOf(EmbeddedPostgresException.class)
                    .hasMessageContaining("PostgreSQL ended while it was starting")
                    .hasMessageContaining("invalid value for parameter \"work_mem\"");
        }

        @Test
        void runsAnInstalledPostgres15WhereThereIsOne() throws SQLException {
            Path installation = Path.of("/usr/lib/postgresql/15");
            org.junit.jupiter.api.Assumptions.assumeTrue(Files.isDirectory(installation));
            var options = TestFolders.options().withInstallation(installation);
            try (var server = EmbeddedPostgres.start(folder, options)) {
                assertThat(server.version()).startsWith("15.");
                assertThat(Sql.query(server, "show server_version_num"))
                        .singleElement()
                        .asString()
                        .startsWith("15");
                assertThat(Sql.query(server, "select distinct auth_method from pg_hba_file_rules"))
                        .containsExactly("scram-sha-256");
            }
        }
    }
}
