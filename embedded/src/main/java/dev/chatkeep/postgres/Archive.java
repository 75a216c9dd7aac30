package dev.chatkeep.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/// Unpacks a `.txz` so that the folder either is not there or is complete: the work is done in a folder beside
/// it, forced to disk, and renamed. Of two who unpack at once one rename wins and both use its folder.
final class Archive {
    private static final Set<PosixFilePermission> PROGRAM = PosixFilePermissions.fromString("rwxr-xr-x");
    private static final Set<PosixFilePermission> DATA = PosixFilePermissions.fromString("rw-r--r--");
    private static final Duration ABANDONED = Duration.ofHours(1);

    private Archive() {}

    static Path unpack(InputStream txz, Path target) throws IOException {
        removeAbandoned(target);
        Path unfinished = target.resolveSibling(target.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            extract(txz, unfinished);
            return publish(unfinished, target);
        } finally {
            DataFolder.delete(unfinished);
        }
    }

    private static Path publish(Path unfinished, Path target) throws IOException {
        try {
            Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
            DataFolder.sync(parent(target));
        } catch (FileSystemException e) {
            if (!Files.isDirectory(target)) {
                throw e;
            }
        }
        return target;
    }

    /// Work of a process that was killed. Younger work may be somebody's who is still at it.
    private static void removeAbandoned(Path target) throws IOException {
        FileTime limit = FileTime.from(Instant.now().minus(ABANDONED));
        List<Path> siblings;
        try (Stream<Path> all = Files.list(parent(target))) {
            siblings = all.toList();
        }
        for (Path sibling : siblings) {
            String name = sibling.getFileName().toString();
            if (name.startsWith(target.getFileName() + ".") && name.endsWith(".tmp") && isOlder(sibling, limit)) {
                DataFolder.delete(sibling);
            }
        }
    }

    private static boolean isOlder(Path folder, FileTime limit) throws IOException {
        try {
            return Files.getLastModifiedTime(folder).compareTo(limit) < 0;
        } catch (NoSuchFileException finished) {
            return false; // Whoever was at it has just made it the whole folder.
        }
    }

    static void extract(InputStream txz, Path folder) throws IOException {
        makeFolder(folder);
        Path root = folder.toRealPath();
        try (var tar = new TarArchiveInputStream(new XZCompressorInputStream(txz))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                extract(tar, entry, root);
            }
        }
        try (Stream<Path> all = Files.walk(root)) {
            all.filter(path -> !Files.isSymbolicLink(path)).forEach(DataFolder::sync);
        }
    }

    private static void extract(TarArchiveInputStream tar, TarArchiveEntry entry, Path root) throws IOException {
        Path path = inside(root, root.resolve(entry.getName()), entry);
        if (path.equals(root)) {
            return;
        }
        Path parent = parent(path);
        makeFolder(parent);
        // No entry passes through a link, so what the names say is where things go.
        if (!parent.toRealPath().equals(parent)) {
            throw unsafe(entry);
        }
        if (entry.isDirectory()) {
            makeFolder(path);
        } else if (entry.isSymbolicLink()) {
            inside(root, path.resolveSibling(entry.getLinkName()), entry);
            Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
        } else if (entry.isFile() && !entry.isLink()) {
            Files.copy(tar, path);
            Modes.set(path, (entry.getMode() & 0111) == 0 ? DATA : PROGRAM);
        } else {
            throw unsafe(entry);
        }
    }

    private static Path inside(Path root, Path path, TarArchiveEntry entry) throws IOException {
        Path normal = path.normalize();
        if (!normal.startsWith(root)) {
            throw unsafe(entry);
        }
        return normal;
    }

    private static Path parent(Path absolute) {
        return Objects.requireNonNull(absolute.getParent());
    }

    /// Readable by all, and writable by the owner only, whatever the umask: PostgreSQL may run as another user
    /// than the one who unpacks.
    static void makeFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            makeFolder(parent(folder));
            Modes.createFolder(folder, PROGRAM);
        }
    }

    private static IOException unsafe(TarArchiveEntry entry) {
        return new IOException("The PostgreSQL archive has an entry that does not belong there: " + entry.getName());
    }
}
