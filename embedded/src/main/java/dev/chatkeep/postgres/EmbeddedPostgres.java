package dev.chatkeep.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import javax.sql.DataSource;

/// A private, durable PostgreSQL that is a child of this JVM and keeps its data in one directory:
/// - `postgres/` the cluster (UTF8, C.UTF-8, data checksums, SCRAM passwords on every way in);
/// - `postgres.password` the password of its one user, 256 random bits, readable by the owner only;
/// - `postgres.log` what the server says;
/// - `lock` held while in use, with our process id.
///
/// **Durability.** `fsync`, `full_page_writes` and `synchronous_commit` are on and cannot be turned off here,
/// so a row whose commit returned survives `kill -9` of this JVM and of the server.
///
/// **Lifetime.** A server that ends before [#close()], such as by `kill -9`, is started again on the same
/// data, for as long as it takes; what happens is logged. It is not started again, and that is logged too, if
/// its data cannot be opened any more: the data is gone or another major version's, its password is missing,
/// or it belongs to another user.
///
/// [#close()] stops the server. When the JVM ends in any other way, `kill -9` included, the kernel tells the
/// server, which then shuts down cleanly (Linux with util-linux; elsewhere call [#close()]). There is no JVM
/// shutdown hook on purpose: hooks run side by side, so ours would take the database away from those that
/// still write.
///
/// **Access.** The server listens on 127.0.0.1 only, so on this machine whoever can read the password file can
/// connect, as superuser.
///
/// Safe for use by many threads.
public final class EmbeddedPostgres implements AutoCloseable {
    static final String DATABASE = "chatkeep";

    private final DataLock lock;
    private final Supervisor supervisor;
    private final Restart restart;
    private final AtomicBoolean closed = new AtomicBoolean();

    private EmbeddedPostgres(DataLock lock, Supervisor supervisor, Restart restart) {
        this.lock = lock;
        this.supervisor = supervisor;
        this.restart = restart;
    }

    /// [#start(Path, PostgresOptions)] with [PostgresOptions#defaults()].
    public static EmbeddedPostgres start(Path dataDirectory) {
        return start(dataDirectory, PostgresOptions.defaults());
    }

    /// Starts the server on a data directory, which is created and filled if need be, and returns when the database
    /// accepts connections. A first start unpacks the binaries (once for each user and version) and creates the
    /// cluster.
    ///
    /// @throws EmbeddedPostgresException if it cannot; the data is then as it was, and nothing is left running
    public static EmbeddedPostgres start(Path dataDirectory, PostgresOptions options) {
        return start(dataDirectory, options, Launcher::forThisUser);
    }

    static EmbeddedPostgres start(Path dataDirectory, PostgresOptions options, Supplier<Launcher> launcher) {
        try {
            DataFolder data = DataFolder.open(dataDirectory);
            DataLock lock = DataLock.acquire(data);
            try {
                return start(data, lock, options, launcher.get());
            } catch (IOException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (IOException | UncheckedIOException e) {
            throw new EmbeddedPostgresException(
                    "A file that PostgreSQL needs cannot be read or written (" + e.getMessage() + "). Check that "
                            + dataDirectory + " belongs to the user of this program and that the disk has room.",
                    e);
        }
    }

    private static EmbeddedPostgres start(DataFolder data, DataLock lock, PostgresOptions options, Launcher launcher)
            throws IOException {
        Binaries binaries = Binaries.find(options, data);
        new DataFolderAccess(data, launcher, options.progress()).restrict();
        launcher.requireEntry(data.root());
        Binaries.Version version = binaries.version(launcher);
        var cluster = new Cluster(data, binaries, launcher, ServerLog.open(data), options.progress());
        String password = cluster.makeReady(version);
        if (!launcher.endsWithThisJvm()) {
            options.progress().accept("Without setpriv (util-linux) PostgreSQL outlives this program if it is killed.");
        }
        Postmaster postmaster = Postmaster.start(cluster, options, options.port());
        try {
            createDatabase(postmaster, password);
        } catch (SQLException | RuntimeException e) {
            postmaster.stop();
            throw cluster.log()
                    .failure(
                            "PostgreSQL runs, but its database cannot be opened (" + e.getMessage()
                                    + "). If the password was refused, put " + data.password()
                                    + " back from your backup.",
                            e);
        }
        var restart = new Restart(data, options, launcher, version, password);
        return new EmbeddedPostgres(lock, Supervisor.of(postmaster, restart), restart);
    }

    private static void createDatabase(Postmaster postmaster, String password) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url(postmaster, "postgres"), Cluster.USER, password);
                Statement statement = connection.createStatement()) {
            boolean exists = statement
                    .executeQuery("select 1 from pg_database where datname = '" + DATABASE + "'")
                    .next();
            if (!exists) {
                statement.execute("create database " + DATABASE);
            }
        }
    }

    /// Connections to the database `chatkeep`, for a pool. Each is made to where the server listens by then,
    /// which [#jdbcUrl()] does not follow. While the server is started again, a connection is waited for, up
    /// to 4 s; only the server itself is told the password.
    ///
    /// @param properties of the driver, such as `socketTimeout`; user and password are set here
    public DataSource dataSource(Properties properties) {
        return new EmbeddedDataSource(supervisor, user(), password(), properties);
    }

    /// URL of the database `chatkeep`, without user and password. A server that was started again is on the
    /// same port, unless that was taken meanwhile: ask again, or use [#dataSource(Properties)].
    public String jdbcUrl() {
        return url(supervisor.newest(), DATABASE);
    }

    static String url(Postmaster postmaster, String database) {
        return "jdbc:postgresql://127.0.0.1:" + postmaster.port() + "/" + database;
    }

    public String user() {
        return Cluster.USER;
    }

    public String password() {
        return restart.password();
    }

    public int port() {
        return supervisor.newest().port();
    }

    public Path dataDirectory() {
        return restart.data().root();
    }

    /// Of the server, such as `18.6`.
    public String version() {
        return restart.version().full();
    }

    /// Process id of the server.
    long pid() {
        return supervisor.newest().process().pid();
    }

    /// Cuts off the clients, stops the server and frees the data directory for others. Returns when that is done; of
    /// further calls only the first does something.
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        supervisor.close();
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
