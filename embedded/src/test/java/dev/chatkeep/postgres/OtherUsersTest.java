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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
        try (var server = EmbeddedPostgres.start(data, options, Launcher::inUserNamespace)) {
            assertThat(Sql.query(server, "select word from kept")).containsExactly("this");
        }
        assertThat(Files.getAttribute(data.resolve("postgres/PG_VERSION"), "unix:uid"))
                .isEqualTo(0);
        try (var server = EmbeddedPostgres.start(data, options, Launcher::asNobody)) {
            assertThat(Sql.query(server, "select word from kept")).containsExactly("this");
        }
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
        Path theirs = Files.createDirectory(open.resolve("theirs"), DataFolder.OWNER_ONLY_FOLDER);
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
