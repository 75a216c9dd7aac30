package dev.chatkeep.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.compressors.xz.XZCompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveTest {
    @TempDir
    Path folder;

    @Test
    void keepsProgramsExecutableAndLinksLinks() throws IOException {
        Path home = Archive.unpack(
                txz(file("bin/postgres", 0755), file("share/notes", 0600), link("lib/libpq.so", "libpq.so.5")),
                folder.resolve("home"));
        assertThat(permissions(home)).isEqualTo("rwxr-xr-x");
        assertThat(permissions(home.resolve("bin"))).isEqualTo("rwxr-xr-x");
        assertThat(permissions(home.resolve("bin/postgres"))).isEqualTo("rwxr-xr-x");
        assertThat(permissions(home.resolve("share/notes"))).isEqualTo("rw-r--r--");
        assertThat(home.resolve("bin/postgres")).hasContent("bin/postgres");
        assertThat(Files.readSymbolicLink(home.resolve("lib/libpq.so"))).hasToString("libpq.so.5");
    }

    @Test
    void refusesEntriesThatLeadOutsideAndLeavesNothing() throws IOException {
        var outside = List.of(
                new TarArchiveEntry[] {file("../evil", 0644)},
                new TarArchiveEntry[] {file("bin/../../evil", 0644)},
                new TarArchiveEntry[] {link("evil", "../../etc/passwd")},
                new TarArchiveEntry[] {link("evil", "/etc/passwd")},
                new TarArchiveEntry[] {link("here", "."), file("here/evil", 0644)},
                new TarArchiveEntry[] {link("a/up", ".."), link("a/up/evil", "../x"), file("evil", 0644)},
                new TarArchiveEntry[] {link("bin", "share"), file("bin", 0644)},
                new TarArchiveEntry[] {hardLink("evil", "/etc/passwd")});
        for (TarArchiveEntry[] entries : outside) {
            assertThatThrownBy(() -> Archive.unpack(txz(entries), folder.resolve("home")))
                    .isInstanceOf(IOException.class);
            try (Stream<Path> left = Files.list(folder)) {
                assertThat(left).isEmpty();
            }
        }
    }

    @Test
    void anAbsoluteNameStaysInside() throws IOException {
        var entry = new TarArchiveEntry("/tmp/evil", true);
        entry.setSize(entry.getName().length());
        assertThatThrownBy(() -> Archive.unpack(txz(entry), folder.resolve("home")))
                .isInstanceOf(IOException.class);
    }

    @Test
    void manyWhoUnpackAtOnceAllGetTheWholeFolder() throws Exception {
        try (var threads = Executors.newFixedThreadPool(4)) {
            List<Callable<Path>> tasks = IntStream.range(0, 4)
                    .<Callable<Path>>mapToObj(i -> () -> Archive.unpack(
                            txz(file("bin/postgres", 0755), file("share/notes", 0644)), folder.resolve("home")))
                    .toList();
            for (var home : threads.invokeAll(tasks)) {
                assertThat(home.get().resolve("share/notes")).hasContent("share/notes");
            }
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(folder.resolve("home"));
        }
    }

    @Test
    void removesWhatAKilledProcessLeftButNotWhatAnotherIsAt() throws IOException {
        Path abandoned = Files.createDirectories(folder.resolve("home.1.tmp/bin"));
        Files.setLastModifiedTime(
                folder.resolve("home.1.tmp"), FileTime.from(Instant.now().minusSeconds(7_200)));
        Path young = Files.createDirectories(folder.resolve("home.2.tmp/bin"));
        Archive.unpack(txz(file("bin/postgres", 0755)), folder.resolve("home"));
        assertThat(abandoned).doesNotExist();
        assertThat(young).exists();
    }

    @Test
    void twoProcessesThatUnpackAtOnceBothStart() throws Exception {
        Path cache = folder.resolve("cache");
        String classPath = System.getProperty("java.class.path");
        try (var threads = Executors.newFixedThreadPool(2)) {
            List<Callable<String>> tasks = Stream.of("one", "two")
                    .<Callable<String>>map(name -> () -> {
                        try (OtherJvm jvm =
                                OtherJvm.start(List.of(), classPath, folder.resolve(name), cache, "usual")) {
                            return jvm.output.toString();
                        }
                    })
                    .toList();
            for (var output : threads.invokeAll(tasks)) {
                assertThat(output.get()).contains("Unpacking PostgreSQL 18.6 ").contains("ready ");
            }
        }
        try (Stream<Path> left = Files.list(cache)) {
            assertThat(left).hasSize(1);
        }
    }

    @Test
    void aHalfUnpackedFolderIsNotUsed() throws Exception {
        Path cache = folder.resolve("cache");
        Path data = folder.resolve("data");
        Process jvm = OtherJvm.launch(List.of(), System.getProperty("java.class.path"), data, cache, "usual");
        try {
            await().pollDelay(java.time.Duration.ZERO)
                    .pollInterval(java.time.Duration.ofMillis(5))
                    .until(() -> Files.isDirectory(cache) && cache.toFile().list().length > 0);
        } finally {
            jvm.destroyForcibly().onExit().join();
        }
        assertThat(cache.toFile().list()).singleElement().asString().endsWith(".tmp");
        EmbeddedPostgres.start(data, TestFolders.options().withCache(cache)).close();
    }

    private static TarArchiveEntry file(String name, int mode) {
        var entry = new TarArchiveEntry(name);
        entry.setMode(mode);
        entry.setSize(name.length());
        return entry;
    }

    private static TarArchiveEntry link(String name, String target) {
        var entry = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
        entry.setLinkName(target);
        return entry;
    }

    private static TarArchiveEntry hardLink(String name, String target) {
        var entry = new TarArchiveEntry(name, TarConstants.LF_LINK);
        entry.setLinkName(target);
        return entry;
    }

    /// Each file holds its own name.
    private static InputStream txz(TarArchiveEntry... entries) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(new XZCompressorOutputStream(bytes))) {
            for (TarArchiveEntry entry : entries) {
                tar.putArchiveEntry(entry);
                if (entry.getSize() > 0) {
                    tar.write(entry.getName().getBytes(UTF_8));
                }
                tar.closeArchiveEntry();
            }
        }
        return new ByteArrayInputStream(bytes.toByteArray());
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
