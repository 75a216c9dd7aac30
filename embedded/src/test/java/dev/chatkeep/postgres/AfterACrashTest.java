package dev.chatkeep.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AfterACrashTest {
    @TempDir
    Path folder;

    @Test
    void killingTheJvmEndsItsServerAndKeepsItsRows() throws Exception {
        try (OtherJvm other = OtherJvm.start(folder)) {
            Sql.execute(other.url(), OtherJvm.password(folder), "create table kept as select 'this' as word");
            other.kill();
            await().atMost(Duration.ofSeconds(5)).ignoreExceptions().until(() -> !other.serverRuns());
        }
        try (var server = EmbeddedPostgres.start(folder, TestFolders.options())) {
            assertThat(Sql.query(server, "select word from kept")).containsExactly("this");
        }
    }

    @Test
    void aStartRightAfterAKillWaitsForTheServerToEnd() throws Exception {
        try (OtherJvm other = OtherJvm.start(folder)) {
            other.kill();
            EmbeddedPostgres.start(folder, TestFolders.options()).close();
        }
    }

    @Test
    void killingJvmAndServerKeepsCommittedRows() throws Exception {
        try (OtherJvm other = OtherJvm.start(folder)) {
            Sql.execute(other.url(), OtherJvm.password(folder), "create table kept as select 'this' as word");
            other.server().destroyForcibly();
            other.kill();
        }
        assertThat(folder.resolve("postgres/postmaster.pid")).exists();
        try (var server = EmbeddedPostgres.start(folder, TestFolders.options())) {
            assertThat(Sql.query(server, "select word from kept")).containsExactly("this");
        }
    }

    /// Slow because it sees the whole patience with an orphan out.
    @Tag("slow")
    @Test
    void anOrphanThatDoesNotEndIsNamedAndNotSignalled() throws Exception {
        EmbeddedPostgres.start(folder, TestFolders.options()).close();
        Process orphan = startWithoutUs();
        try {
            await().until(() -> Files.exists(folder.resolve("postgres/postmaster.pid")));
            assertThatThrownBy(() -> EmbeddedPostgres.start(folder, TestFolders.options()))
                    .isInstanceOf(EmbeddedPostgresException.class)
                    .hasMessageContaining("(process " + orphan.pid() + ")");
            assertThat(orphan.isAlive()).isTrue();
        } finally {
            orphan.destroyForcibly().waitFor();
        }
    }

    private Process startWithoutUs() throws IOException {
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        var binaries = Binaries.find(TestFolders.options(), new DataFolder(folder));
        return Launcher.forThisUser()
                .launch(new ProcessBuilder(
                                binaries.program("postgres").toString(),
                                "-D",
                                folder.resolve("postgres").toString(),
                                "-c",
                                "listen_addresses=127.0.0.1",
                                "-p",
                                Integer.toString(port),
                                "-c",
                                "unix_socket_directories=")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD));
    }

    @Test
    void aStrangerWhoseIdIsInPostmasterPidDoesNotPreventTheStartAndIsLeftAlone() throws Exception {
        try (OtherJvm other = OtherJvm.start(folder)) {
            Sql.execute(other.url(), OtherJvm.password(folder), "create table kept as select 'this' as word");
            other.server().destroyForcibly();
            other.kill();
        }
        Process stranger = new ProcessBuilder("sleep", "60").start();
        try {
            Path pidFile = folder.resolve("postgres/postmaster.pid");
            Files.writeString(pidFile, Files.readString(pidFile).replaceFirst("\\d+", Long.toString(stranger.pid())));
            try (var server = EmbeddedPostgres.start(folder, TestFolders.options())) {
                assertThat(Sql.query(server, "select word from kept")).containsExactly("this");
            }
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroyForcibly().waitFor();
        }
    }

    @Test
    void aPostmasterPidThatPowerLossEmptiedDoesNotPreventTheStart() throws Exception {
        EmbeddedPostgres.start(folder, TestFolders.options()).close();
        Files.writeString(folder.resolve("postgres/postmaster.pid"), "");
        EmbeddedPostgres.start(folder, TestFolders.options()).close();
    }

    @Test
    void anInitdbThatWasCutOffIsDoneAgain() throws Exception {
        Path unfinished = Files.createDirectory(folder.resolve("postgres.new"));
        Files.writeString(unfinished.resolve("PG_VERSION"), "18\n");
        Files.createDirectory(unfinished.resolve("base"));
        Files.writeString(folder.resolve("postgres.password"), "");
        try (var server = EmbeddedPostgres.start(folder, TestFolders.options())) {
            assertThat(Sql.query(server, "select 1")).containsExactly("1");
        }
        assertThat(unfinished).doesNotExist();
    }

    @Test
    void killingTheJvmWhileInitdbRunsLeavesNothingThatIsUsed() throws Exception {
        Process jvm =
                OtherJvm.launch(List.of(), System.getProperty("java.class.path"), folder, TestFolders.CACHE, "usual");
        try {
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> Files.exists(folder.resolve("postgres.new/PG_VERSION")));
        } finally {
            jvm.destroyForcibly().onExit().join();
        }
        assertThat(folder.resolve("postgres")).doesNotExist();
        try (var server = EmbeddedPostgres.start(folder, TestFolders.options())) {
            assertThat(Sql.query(server, "select 1")).containsExactly("1");
        }
    }

    @Test
    void dataOfAnotherMajorVersionIsRefusedAndNotTouched() throws IOException {
        EmbeddedPostgres.start(folder, TestFolders.options()).close();
        Path cluster = folder.resolve("postgres");
        Files.writeString(cluster.resolve("PG_VERSION"), "14\n");
        var before = TestFolders.snapshot(cluster);
        assertThatThrownBy(() -> EmbeddedPostgres.start(folder, TestFolders.options()))
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("made by PostgreSQL 14")
                .hasMessageContaining("PostgreSQL 18.6")
                .hasMessageContaining("not touched");
        assertThat(TestFolders.snapshot(cluster)).isEqualTo(before);
    }

    @Test
    void filesThatAreNoClusterAreRefusedAndNotTouched() throws IOException {
        Path letter = Files.createDirectory(folder.resolve("postgres")).resolve("letter.txt");
        Files.writeString(letter, "Dear reader");
        assertThatThrownBy(() -> EmbeddedPostgres.start(folder, TestFolders.options()))
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("is no PostgreSQL cluster");
        assertThat(letter).hasContent("Dear reader");
    }

    @Test
    void aMissingPasswordFileIsNamed() throws IOException, SQLException {
        EmbeddedPostgres.start(folder, TestFolders.options()).close();
        Files.delete(folder.resolve("postgres.password"));
        assertThatThrownBy(() -> EmbeddedPostgres.start(folder, TestFolders.options()))
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining(folder.toRealPath().resolve("postgres.password") + " is missing");
    }
}
