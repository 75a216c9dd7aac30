package dev.chatkeep.postgres;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.stream.Stream;

/// The database cluster as it lies on disk, and whether it can be opened. Changes nothing.
record StoredCluster(DataFolder data) {

    /// @throws EmbeddedPostgresException if files are in its place
    boolean exists() throws IOException {
        if (!isThere(data.cluster())) {
            return false;
        }
        requireOwner();
        if (isThere(data.cluster().resolve("PG_VERSION"))) {
            return true;
        }
        try (Stream<Path> files = Files.list(data.cluster())) {
            if (files.findAny().isEmpty()) {
                return false;
            }
        }
        throw new EmbeddedPostgresException(data.cluster() + " holds files, but no PG_VERSION, so it is no PostgreSQL"
                + " cluster. Nothing was changed. Move it away, or choose another data directory.");
    }

    /// Needs [#exists()].
    ///
    /// @return the password of [Cluster#USER]
    /// @throws EmbeddedPostgresException if another major version made it, or its password is missing
    String requireOpenable(Binaries.Version version) throws IOException {
        requireMajor(version);
        return readPassword();
    }

    /// That it is still the cluster of a server that ran on it. PostgreSQL would open another one, and an
    /// empty one would be created in the place of one that is gone.
    ///
    /// @throws EmbeddedPostgresException if it is not, or cannot be opened any more
    void requireSame(Binaries.Version version, String password) throws IOException {
        if (!exists()) {
            throw new EmbeddedPostgresException("The cluster " + data.cluster() + " is gone. Nothing is created in its"
                    + " place while this program runs.");
        }
        if (!requireOpenable(version).equals(password)) {
            throw new EmbeddedPostgresException("The password in " + data.password()
                    + " is another one, so the data in " + data.root() + " may be too.");
        }
    }

    /// @throws IOException if it cannot be told right now
    private static boolean isThere(Path path) throws IOException {
        try {
            Files.readAttributes(path, BasicFileAttributes.class);
            return true;
        } catch (NoSuchFileException missing) {
            return false;
        }
    }

    /// Root gives the cluster to PostgreSQL's user; nobody else can.
    private void requireOwner() throws IOException {
        Integer owner = Launcher.owner(data.cluster());
        Integer self = Launcher.ownUid();
        if (!Launcher.isRoot() && owner != null && !owner.equals(self)) {
            throw new EmbeddedPostgresException("The data in " + data.cluster() + " belongs to uid " + owner
                    + ", and PostgreSQL opens it only for its owner. Start this program as that user, or give the data to"
                    + " uid " + self + " (chown -R " + self + " " + data.cluster() + ").");
        }
    }

    private void requireMajor(Binaries.Version version) throws IOException {
        String made =
                Files.readString(data.cluster().resolve("PG_VERSION"), US_ASCII).strip();
        if (!made.equals(version.major())) {
            throw new EmbeddedPostgresException("The data in " + data.cluster() + " was made by PostgreSQL " + made
                    + " and cannot be opened by PostgreSQL " + version.full()
                    + ". The data was not touched. Start it with"
                    + " PostgreSQL " + made + " again, or move it to " + version.major()
                    + " with pg_upgrade or pg_dump.");
        }
    }

    private String readPassword() throws IOException {
        if (!isThere(data.password())) {
            throw new EmbeddedPostgresException("The data in " + data.cluster() + " is there, but its password file "
                    + data.password() + " is missing. Nothing was changed. Put the file back from your backup.");
        }
        return Files.readString(data.password(), US_ASCII).strip();
    }
}
