package dev.chatkeep.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What lies where in the data directory.
///
/// @param root the data directory itself, real path
record DataFolder(Path root) {
    /// Creates the folder if it is missing, for its owner only; those above it as usual.
    static DataFolder open(Path folder) throws IOException {
        Path absolute = folder.toAbsolutePath().normalize();
        Path parent = absolute.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Modes.createFolder(absolute, Modes.OWNER_ONLY_FOLDER);
        return new DataFolder(absolute.toRealPath());
    }

    Path cluster() {
        return root.resolve("postgres");
    }

    /// Where `initdb` works. Becomes [#cluster()] by one rename when it is done.
    Path unfinishedCluster() {
        return root.resolve("postgres.new");
    }

    Path password() {
        return root.resolve("postgres.password");
    }

    Path log() {
        return root.resolve("postgres.log");
    }

    /// Where [#log()] is moved when it is large.
    Path oldLog() {
        return root.resolve("postgres.log.1");
    }

    Path lock() {
        return root.resolve("lock");
    }

    /// For unpacked binaries, where there is no other place for them.
    Path cache() {
        return root.resolve("cache");
    }

    /// Files that only their owner may read.
    List<Path> secrets() {
        return List.of(password(), log(), oldLog(), lock());
    }

    /// Whether an entry of the folder is one of those above, or what file systems put into their root.
    boolean isOurs(Path entry) {
        return secrets().contains(entry)
                || List.of(cluster(), unfinishedCluster(), cache(), root.resolve("lost+found"))
                        .contains(entry);
    }

    /// Removes a folder with all it holds; links are removed, not followed. A missing folder is fine.
    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /// Forces a file, or the names in a folder, to disk.
    static void sync(Path path) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
