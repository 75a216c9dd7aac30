package dev.chatkeep.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Closes the data folder, and the secrets in it, to every user but its owner, and but to PostgreSQL where
/// that runs as `nobody` and has to pass through to its cluster.
///
/// A folder that is not ours alone keeps its mode: closing `/srv` or `/tmp` would lock others out of what is
/// theirs. That is said; and where every user may write, who could put their files in place of ours, it is
/// refused.
record DataFolderAccess(DataFolder data, Launcher launcher, Consumer<String> progress) {
    private static final Set<PosixFilePermission> OTHERS = PosixFilePermissions.fromString("------rwx");
    private static final int STICKY = 01000;

    /// @throws EmbeddedPostgresException if every user may write to the folder and it is not ours to close
    void restrict() throws IOException {
        for (Path secret : data.secrets()) {
            if (Files.isRegularFile(secret)) {
                Modes.narrow(secret, Modes.OWNER_ONLY_FILE);
            }
        }
        String reason = reasonToLeave();
        if (reason.isEmpty()) {
            close(data.root());
            if (Files.isDirectory(data.cache())) {
                close(data.cache());
            }
        } else {
            leave(reason);
        }
    }

    /// Why the folder's mode is not ours to change; empty when it is.
    private String reasonToLeave() throws IOException {
        Integer owner = Launcher.owner(data.root());
        if (owner != null && !owner.equals(Launcher.ownUid())) {
            return "belongs to uid " + owner;
        }
        if (owner != null && ((int) Files.getAttribute(data.root(), "unix:mode") & STICKY) != 0) {
            return "is shared (it has the sticky bit)";
        }
        try (Stream<Path> entries = Files.list(data.root())) {
            return entries.filter(entry -> !data.isOurs(entry))
                    .map(entry -> "also holds " + entry.getFileName())
                    .findFirst()
                    .orElse("");
        }
    }

    private void leave(String reason) throws IOException {
        Set<PosixFilePermission> mode = Modes.of(data.root());
        if (mode.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new EmbeddedPostgresException("Every user may write to the data directory " + data.root() + ", which "
                    + reason + ". Choose a folder of its own, such as "
                    + data.root().resolve("chatkeep") + ".");
        }
        if (mode.stream().anyMatch(OTHERS::contains)) {
            progress.accept("Other users may enter the data directory " + data.root() + ". It " + reason
                    + ", so its mode was not changed.");
        }
    }

    private void close(Path folder) throws IOException {
        Set<PosixFilePermission> before = Modes.of(folder);
        Integer group = launcher.group();
        Set<PosixFilePermission> mode = group == null ? Modes.OWNER_ONLY_FOLDER : Modes.GROUP_MAY_ENTER;
        if (group != null) {
            Files.setAttribute(folder, "unix:gid", group);
        }
        if (!before.equals(mode)) {
            Modes.set(folder, mode);
        }
        if (before.stream().anyMatch(OTHERS::contains)
                && Modes.of(folder).stream().noneMatch(OTHERS::contains)) {
            progress.accept("Closed " + folder + " to other users.");
        }
    }
}
