package dev.chatkeep.db;

import dev.chatkeep.deadline.Loop;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Words between the nodes of one database, by PostgreSQL's LISTEN and NOTIFY, on connections of their own: in
/// the commit of a message a notification costs more than the message. A word may be lost, as while a
/// connection breaks, so whoever listens also looks by themselves from time to time.
public final class Channel implements AutoCloseable {

    /// The most that one word may have, in bytes; PostgreSQL refuses 8,000.
    public static final int MOST_BYTES = 7_900;

    private static final Logger LOG = LoggerFactory.getLogger(Channel.class);
    private static final String NAME = "chatkeep";
    private static final int PATIENCE_MILLIS = 1_000;
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Database database;
    private final Consumer<String> listener;
    private final Loop loop;
    private volatile boolean closed;

    /// Begins to listen.
    ///
    /// @param listener is called for every word, this node's own included, on one thread
    public Channel(Database database, Consumer<String> listener) {
        this.database = database;
        this.listener = listener;
        this.loop = Loop.start("channel", Duration.ZERO, this::live);
    }

    /// Says a word to all nodes, outside of any transaction.
    public void say(String word) {
        database.sql("select pg_notify('" + NAME + "', :word)")
                .param("word", word)
                .query((row, n) -> true)
                .single();
    }

    private Duration live() {
        try (Connection connection = database.connection()) {
            listen(connection);
        } catch (SQLException | RuntimeException away) {
            LOG.debug("the channel is away: {}", away.getMessage());
        }
        return PAUSE;
    }

    /// LISTEN holds from its commit on, so this connection commits by itself; its pool gets it back as it was.
    private void listen(Connection connection) throws SQLException {
        boolean commitsItself = connection.getAutoCommit();
        connection.setAutoCommit(true);
        try (var statement = connection.createStatement()) {
            statement.execute("listen " + NAME);
            PGConnection postgres = connection.unwrap(PGConnection.class);
            while (!closed) {
                for (PGNotification notification : postgres.getNotifications(PATIENCE_MILLIS)) {
                    tell(notification.getParameter());
                }
            }
            statement.execute("unlisten " + NAME);
        }
        connection.setAutoCommit(commitsItself);
    }

    private void tell(String word) {
        try {
            listener.accept(word);
        } catch (RuntimeException failure) {
            LOG.warn("a word of another node had no effect: {}", failure.getMessage());
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            // Wakes the listener; where the database is away it wakes by itself.
            say("");
        } catch (RuntimeException away) {
            LOG.debug("the channel is away: {}", away.getMessage());
        }
        loop.close();
    }
}
