package dev.chatkeep.postgres;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import java.util.Set;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// Connections to a server that may be started again, and then on another port.
///
/// Waiting here for the server is what brings a pool back at once: a pool whose attempts fail makes longer and
/// longer pauses between them.
final class EmbeddedDataSource implements DataSource {
    /// Shorter than the time for which a pool that is closed waits for its last attempt.
    private static final Duration RESTART_TIMEOUT = Duration.ofSeconds(4);

    /// SQLSTATEs: no connection, a broken one, and a server that starts or shuts down.
    private static final Set<String> PASSING = Set.of("08001", "08006", "57P03");

    private final Supervisor supervisor;
    private final String user;
    private final String password;
    private final Properties properties = new Properties();
    private volatile int loginTimeout;

    EmbeddedDataSource(Supervisor supervisor, String user, String password, Properties properties) {
        this.supervisor = supervisor;
        this.user = user;
        this.password = password;
        properties
                .stringPropertyNames()
                .forEach(name -> this.properties.setProperty(name, properties.getProperty(name)));
        // A stranger who took the port in the moment of the server's end could ask for the password in clear.
        this.properties.setProperty("requireAuth", "scram-sha-256");
    }

    @Override
    public Connection getConnection() throws SQLException {
        return getConnection(user, password);
    }

    @Override
    public Connection getConnection(String as, String secret) throws SQLException {
        var all = new Properties(properties);
        all.setProperty("user", as);
        all.setProperty("password", secret);
        if (loginTimeout > 0) {
            all.setProperty("loginTimeout", Integer.toString(loginTimeout));
        }
        return connect(all);
    }

    /// Tries until the server accepts connections. What refuses one may be the server's end, of which nobody
    /// knows yet, or its recovery from the end of one of its processes.
    private Connection connect(Properties all) throws SQLException {
        Instant limit = Instant.now().plus(RESTART_TIMEOUT);
        while (true) {
            Duration left = Duration.between(Instant.now(), limit);
            Postmaster running = supervisor.awaitRunning(left);
            try {
                return DriverManager.getConnection(EmbeddedPostgres.url(running, EmbeddedPostgres.DATABASE), all);
            } catch (SQLException failure) {
                boolean passes = PASSING.contains(failure.getSQLState());
                if (!passes || Instant.now().isAfter(limit) || !Pause.tryBrief()) {
                    throw failure;
                }
            }
        }
    }

    @Override
    public void setLoginTimeout(int seconds) {
        loginTimeout = seconds;
    }

    @Override
    public int getLoginTimeout() {
        return loginTimeout;
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(@Nullable PrintWriter out) throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("This data source writes no log.");
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("This data source writes no log.");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        throw new SQLException("This data source wraps no " + type.getName() + ".");
    }
}
