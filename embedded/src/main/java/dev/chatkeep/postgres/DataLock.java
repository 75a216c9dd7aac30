package dev.chatkeep.postgres;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The exclusive right to a data directory, for as long as this JVM lives or until [#close()]. The kernel frees it
/// with the process, so there is no stale lock; the file stays, because removing it could let two processes hold
/// "the" lock.
final class DataLock implements AutoCloseable {
    /// Folders this JVM holds. A POSIX lock belongs to the process and is lost when the process closes *any*
    /// descriptor of the file, so a second attempt from the same JVM must be refused before it opens the lock
    /// file.
    private static final Set<Object> HELD = ConcurrentHashMap.newKeySet();

    private final Object folder;
    private final FileChannel channel;

    private DataLock(Object folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /// @throws EmbeddedPostgresException if the folder is in use, naming the process that uses it
    static DataLock acquire(DataFolder data) throws IOException {
        Object folder = identity(data.root());
        if (!HELD.add(folder)) {
            throw inUse(data, "this process (" + ProcessHandle.current().pid() + ")");
        }
        boolean locked = false;
        try {
            FileChannel channel = lock(data);
            locked = true;
            return new DataLock(folder, channel);
        } finally {
            if (!locked) {
                HELD.remove(folder);
            }
        }
    }

    private static FileChannel lock(DataFolder data) throws IOException {
        FileChannel channel = Modes.openFile(
                data.lock(), Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                String pid = Files.readString(data.lock(), US_ASCII).strip();
                throw inUse(data, pid.isEmpty() ? "another process" : "process " + pid);
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(US_ASCII)));
            return channel;
        } catch (OverlappingFileLockException e) {
            // Held through another class loader, which has its own HELD.
            channel.close();
            throw inUse(data, "this process (" + ProcessHandle.current().pid() + ")");
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /// Two names of one folder (a link, a bind mount) are one folder.
    private static Object identity(Path root) throws IOException {
        return Objects.requireNonNullElse(
                Files.readAttributes(root, BasicFileAttributes.class).fileKey(), root);
    }

    private static EmbeddedPostgresException inUse(DataFolder data, String who) {
        return new EmbeddedPostgresException("The data directory " + data.root() + " is in use by " + who
                + ". Stop it first, or choose another data directory.");
    }

    @Override
    public void close() throws IOException {
        channel.close();
        HELD.remove(folder);
    }
}
