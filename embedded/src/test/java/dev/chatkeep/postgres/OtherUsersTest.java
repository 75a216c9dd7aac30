package dev.chatkeep.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Needs root, who alone can become somebody else.
class OtherUsersTest {
    private static final int NOBODY = 65_534;

    private Path open;

    @BeforeEach
    void becomeAble() throws IOException {
        assumeTrue(Launcher.isRoot() && Launcher.asNobody().works(), "needs root");
        open = TestFolders.openToAll();
    }

    @AfterEach
    void cleanUp() throws IOException {
        if (open != null) {
            DataFolder.delete(open);
        }
    }

    @Test
    void aNormalUserRunsAServerThatEndsWithItsJvm() throws Exception {
        Path home = Files.createDirectory(open.resolve("home"));
        Files.setAttribute(home, "unix:uid", NOBODY);
        var asNobody = List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups");
        Path data = home.resolve("data");
        try (OtherJvm other = OtherJvm.start(asNobody, copyClassPath(), data, home.resolve("cache"), "usual")) {
            assertThat(other.server().info().user()).hasValue("nobody");
            assertThat(Files.getAttribute(data.resolve("postgres.password"), "unix:uid"))
                    .isEqualTo(NOBODY);
            Sql.execute(other.url(), OtherJvm.password(data), "create table kept as select 'this' as word");
            other.kill();
            await().atMost(Duration.ofSeconds(5)).ignoreExceptions().until(() -> !other.serverRuns());
        }
    }

    @Test
    void rootWithoutUserNamespacesRunsTheServerAsNobodyAndItEndsWithTheJvm() throws Exception {
        Path data = open.resolve("data");
        try (OtherJvm other = OtherJvm.start(
                List.of(), System.getProperty("java.class.path"), data, open.resolve("cache"), "nobody")) {
            assertThat(other.server().info().user()).hasValue("nobody");
            Sql.execute(other.url(), OtherJvm.password(data), "create table kept as select 'this' as word");
            other.kill();
            await().atMost(Duration.ofSeconds(5)).ignoreExceptions().until(() -> !other.serverRuns());
        }
    }

    @Test
    void theDataFollowsWhenUserNamespacesComeAndGo() throws Exception {
        assumeTrue(Launcher.inUserNamespace().works(), "needs user namespaces");
        Path data = open.resolve("data");
        var options = TestFolders.options().withCache(open.resolve("cache"));
        try (var server = EmbeddedPostgres.start(data, options, Launcher::asNobody)) {
            Sql.execute(server, "create table kept as select 'this' as word");
        }
        assertThat(Files.getAttribute(data.resolve("postgres/PG_VERSION"), "unix:uid"))
                .isEqualTo(NOBODY);
        assertThat(mode(data)).isEqualTo("rwx--x---");
        try (var server = EmbeddedPostgres.start(data, options, Launcher::inUserNamespace)) {
            assertThat(Sql.query(server, "select word from kept")).containsExactly("this");
        }
        assertThat(Files.getAttribute(data.resolve("postgres/PG_VERSION"), "unix:uid"))
                .isEqualTo(0);
        assertThat(mode(data)).isEqualTo("rwx------");
        try (var server = EmbeddedPostgres.start(data, options, Launcher::asNobody)) {
            assertThat(Sql.query(server, "select word from kept")).containsExactly("this");
        }
    }

    /// The binaries are in the data directory, as where no other folder can be written: PostgreSQL reaches both.
    @Test
    void onlyPostgresPassesThroughTheDataDirectoryOfRoot() throws Exception {
        Path data = open.resolve("data");
        var options = TestFolders.options().withCache(data.resolve("cache"));
        for (Supplier<Launcher> launcher : List.<Supplier<Launcher>>of(Launcher::asNobody, Launcher::forThisUser)) {
            try (var server = EmbeddedPostgres.start(data, options, launcher)) {
                assertThat(Sql.query(server, "select 1")).containsExactly("1");
                for (Path entry : List.of(data, data.resolve("cache"))) {
                    assertThat(mode(entry)).endsWith("---");
                    assertThat(entersAs(2, entry)).isFalse();
                }
            }
        }
    }

    @Test
    void aServerOfNobodyIsStartedAgain() throws Exception {
        Path data = open.resolve("data");
        var options = TestFolders.options().withCache(open.resolve("cache"));
        try (var server = EmbeddedPostgres.start(data, options, Launcher::asNobody)) {
            long before = server.pid();
            Signals.send("KILL", before);
            try (var connection = server.dataSource(new Properties()).getConnection()) {
                assertThat(connection.isValid(1)).isTrue();
            }
            assertThat(ProcessHandle.of(server.pid()).orElseThrow().info().user())
                    .hasValue("nobody");
        }
        assertThat(TestFolders.processesOn(data)).isEmpty();
    }

    @Test
    void dataOfAnotherUserIsRefusedToANormalOne() throws Exception {
        Path home = Files.createDirectory(open.resolve("home"));
        Path data = home.resolve("data");
        EmbeddedPostgres.start(data, TestFolders.options(), Launcher::asNobody).close();
        for (Path mine : List.of(home, data)) {
            Files.setAttribute(mine, "unix:uid", 2);
        }
        try (Stream<Path> files = Files.list(data)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.setAttribute(file, "unix:uid", 2);
            }
        }
        var asTwo = List.of("setpriv", "--reuid=2", "--regid=2", "--clear-groups");
        try (OtherJvm other = OtherJvm.start(asTwo, copyClassPath(), data, home.resolve("cache"), "usual")) {
            assertThat(other.lastLine())
                    .startsWith("failed ")
                    .contains("belongs to uid " + NOBODY + ", and PostgreSQL opens it only for its owner");
        }
    }

    private static boolean entersAs(int uid, Path folder) throws Exception {
        return new ProcessBuilder(
                                "setpriv",
                                "--reuid=" + uid,
                                "--regid=" + uid,
                                "--clear-groups",
                                "test",
                                "-x",
                                folder.toString())
                        .start()
                        .waitFor()
                == 0;
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void aFolderThatNobodyCannotEnterIsNamed(@TempDir Path closed) throws IOException {
        Path data = closed.resolve("a/data");
        assertThatThrownBy(() -> EmbeddedPostgres.start(data, TestFolders.options(), Launcher::asNobody))
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("cannot enter " + closed.toRealPath() + " and so cannot reach");
    }

    @Test
    void aFolderOfAnotherUserThatRootWithoutPrivilegesCannotEnterIsNamed() throws IOException {
        assumeTrue(Launcher.inUserNamespace().works(), "needs user namespaces");
        Path theirs = Files.createDirectory(
                open.resolve("theirs"), PosixFilePermissions.asFileAttribute(Modes.OWNER_ONLY_FOLDER));
        Files.setAttribute(theirs, "unix:uid", NOBODY);
        assertThatThrownBy(() -> EmbeddedPostgres.start(
                        theirs.resolve("data"), TestFolders.options(), Launcher::inUserNamespace))
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("cannot enter " + theirs + " and so cannot reach");
    }

    /// The build's own class path may lie below a home that nobody cannot enter.
    private String copyClassPath() throws IOException {
        var copies = new ArrayList<String>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path from = Path.of(entry);
            Path to = open.resolve(copies.size() + "-" + from.getFileName());
            if (Files.exists(from)) {
                copy(from, to);
                copies.add(to.toString());
            }
        }
        return String.join(File.pathSeparator, copies);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }
}
