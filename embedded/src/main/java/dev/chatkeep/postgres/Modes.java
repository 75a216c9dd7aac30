package dev.chatkeep.postgres;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/// Creates files and folders with a mode, and changes modes. What is created never has a wider mode, not even
/// for a moment, and has exactly this one whatever the umask.
///
/// On a file system without POSIX modes nothing is set, and nothing fails.
final class Modes {
    static final Set<PosixFilePermission> OWNER_ONLY_FOLDER = PosixFilePermissions.fromString("rwx------");
    static final Set<PosixFilePermission> OWNER_ONLY_FILE = PosixFilePermissions.fromString("rw-------");

    /// What lies in such a folder can be reached by its group, who cannot list it.
    static final Set<PosixFilePermission> GROUP_MAY_ENTER = PosixFilePermissions.fromString("rwx--x---");

    private Modes() {}

    /// Does nothing if the folder exists, even if somebody else created it just now.
    static void createFolder(Path folder, Set<PosixFilePermission> mode) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        try {
            Files.createDirectory(folder, attributes(folder, mode));
            set(folder, mode);
        } catch (FileAlreadyExistsException exists) {
            if (!Files.isDirectory(folder)) {
                throw exists;
            }
        }
    }

    /// Opens a file; one that is created is its owner's only.
    static FileChannel openFile(Path file, Set<? extends OpenOption> options) throws IOException {
        boolean isNew = !Files.exists(file);
        FileChannel channel = FileChannel.open(file, options, attributes(file, OWNER_ONLY_FILE));
        if (isNew) {
            set(file, OWNER_ONLY_FILE);
        }
        return channel;
    }

    static void createFile(Path file) throws IOException {
        openFile(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))
                .close();
    }

    /// Sets a mode, where the file system has modes and lets us.
    static void set(Path path, Set<PosixFilePermission> mode) {
        try {
            Files.setPosixFilePermissions(path, mode);
        } catch (IOException | UnsupportedOperationException withoutModes) {
            // A FAT disk or a network share: it shows the modes that it was mounted with.
        }
    }

    /// Takes away what `limit` does not allow.
    static void narrow(Path path, Set<PosixFilePermission> limit) throws IOException {
        Set<PosixFilePermission> mode = of(path);
        if (!limit.containsAll(mode)) {
            mode.retainAll(limit);
            set(path, mode);
        }
    }

    /// The mode of a file or folder; empty on a file system without modes.
    static Set<PosixFilePermission> of(Path path) throws IOException {
        try {
            return Files.getPosixFilePermissions(path);
        } catch (UnsupportedOperationException withoutModes) {
            return EnumSet.noneOf(PosixFilePermission.class);
        }
    }

    private static FileAttribute<?>[] attributes(Path path, Set<PosixFilePermission> mode) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(mode)}
                : new FileAttribute<?>[0];
    }
}
