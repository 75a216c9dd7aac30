package dev.chatkeep.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataFolderAccessTest {
    @TempDir
    Path folder;

    private final List<String> progress = new ArrayList<>();
    private Path data;

    @BeforeEach
    void name() {
        data = folder.resolve("data");
    }

    /// `cache` is in the data directory here, as where no other folder can be written.
    @ParameterizedTest
    @ValueSource(strings = {"000", "022", "077", "777"})
    void whatIsCreatedIsTheOwnersOnlyWhateverTheUmask(String umask) throws Exception {
        var prefix = List.of("sh", "-c", "umask " + umask + " && exec \"$@\"", "sh");
        Path cache = umask.equals("000") ? data.resolve("cache") : TestFolders.CACHE;
        try (OtherJvm jvm = OtherJvm.start(prefix, System.getProperty("java.class.path"), data, cache, "usual")) {
            jvm.server();
            assertThat(mode(data)).isEqualTo("rwx------");
            for (String name : List.of("lock", "postgres.log", "postgres.password")) {
                assertThat(mode(data.resolve(name))).as(name).isEqualTo("rw-------");
            }
            try (Stream<Path> entries = Files.list(data)) {
                assertThat(entries).allMatch(entry -> mode(entry).endsWith("------"));
            }
        }
    }

    @Test
    void anExistingFolderAndItsSecretsAreClosedAndThatIsSaid() throws IOException {
        EmbeddedPostgres.start(data, options()).close();
        open(data, "rwxr-xr-x");
        open(Files.createDirectory(data.resolve("cache")), "rwxrwxrwx");
        Files.createFile(data.resolve("postgres.log.1"));
        for (String name : List.of("lock", "postgres.log", "postgres.log.1", "postgres.password")) {
            open(data.resolve(name), "rw-r--r--");
        }
        progress.clear();
        EmbeddedPostgres.start(data, options()).close();
        assertThat(progress)
                .containsExactly(
                        "Closed " + data.toRealPath() + " to other users.",
                        "Closed " + data.toRealPath().resolve("cache") + " to other users.");
        assertThat(mode(data)).isEqualTo("rwx------");
        assertThat(mode(data.resolve("cache"))).isEqualTo("rwx------");
        for (String name : List.of("lock", "postgres.log", "postgres.log.1", "postgres.password")) {
            assertThat(mode(data.resolve(name))).as(name).isEqualTo("rw-------");
        }
        progress.clear();
        EmbeddedPostgres.start(data, options()).close();
        assertThat(progress).isEmpty();
    }

    @Test
    void aFolderThatHoldsMoreKeepsItsModeAndThatIsSaid() throws IOException {
        Files.createDirectory(data);
        Files.createFile(data.resolve("application.yaml"));
        open(data, "rwxr-xr-x");
        EmbeddedPostgres.start(data, options()).close();
        assertThat(progress)
                .contains("Other users may enter the data directory " + data.toRealPath()
                        + ". It also holds application.yaml, so its mode was not changed.");
        assertThat(mode(data)).isEqualTo("rwxr-xr-x");
        assertThat(mode(data.resolve("postgres.password"))).isEqualTo("rw-------");
    }

    @Test
    void aFolderThatHoldsMoreAndThatEveryUserMayWriteToIsRefused() throws IOException {
        Files.createDirectory(data);
        Files.createFile(data.resolve("application.yaml"));
        open(data, "rwxrwxrwx");
        assertThatThrownBy(() -> EmbeddedPostgres.start(data, options()))
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessage("Every user may write to the data directory " + data.toRealPath()
                        + ", which also holds application.yaml. Choose a folder of its own, such as "
                        + data.toRealPath() + "/chatkeep.");
        assertThat(mode(data)).isEqualTo("rwxrwxrwx");
        assertThat(data.resolve("postgres")).doesNotExist();
    }

    @Test
    void aSharedFolderIsRefusedAndStaysShared() throws Exception {
        Files.createDirectory(data);
        new ProcessBuilder("chmod", "1777", data.toString()).start().waitFor();
        assertThatThrownBy(() -> EmbeddedPostgres.start(data, options()))
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("is shared (it has the sticky bit)");
        assertThat((int) Files.getAttribute(data, "unix:mode") & 07777).isEqualTo(01777);
    }

    /// `/proc` refuses to change a mode, as file systems do that have none.
    @Test
    void modesThatCannotBeSetAreNoFailure() throws IOException {
        Path withoutModes = Path.of("/proc/self/comm");
        Modes.set(withoutModes, Modes.OWNER_ONLY_FILE);
        Modes.narrow(withoutModes, Modes.OWNER_ONLY_FILE);
        assertThat(Modes.of(withoutModes)).isNotEqualTo(Modes.OWNER_ONLY_FILE);
    }

    private PostgresOptions options() {
        return TestFolders.options().withProgress(progress::add);
    }

    private static void open(Path path, String mode) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    private static String mode(Path path) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
