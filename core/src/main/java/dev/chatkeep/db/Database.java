package dev.chatkeep.db;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/// The way to PostgreSQL: statements, and transactions that join the caller's when there is one on the same
/// `DataSource` (Spring's rules).
///
/// Failures are Spring's `DataAccessException`s. They name SQLSTATE and constraint, and hold nothing of a row, of a
/// parameter or of a statement.
public final class Database {

    private static final ErrorTranslator ERRORS = new ErrorTranslator();

    private final DataSource source;
    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    public Database(DataSource source) {
        this.source = source;
        JdbcTransactionManager manager = new JdbcTransactionManager(source);
        manager.setExceptionTranslator(ERRORS);
        this.transaction = new TransactionTemplate(manager);
        JdbcTemplate template = new JdbcTemplate(source);
        template.setExceptionTranslator(ERRORS);
        this.jdbc = JdbcClient.create(template);
    }

    public JdbcClient.StatementSpec sql(String sql) {
        return jdbc.sql(sql);
    }

    /// A connection of one's own, outside of any transaction; to be closed.
    Connection connection() throws SQLException {
        return source.getConnection();
    }

    /// Runs `work` in one transaction; it commits when `work` returns and rolls back when it throws. What
    /// `work` threw is what the caller sees: a connection that broke cannot roll back either, and that second
    /// failure would hide the first, which alone says that the database is away.
    public <T> T inTransaction(Supplier<T> work) {
        AtomicReference<@Nullable RuntimeException> cause = new AtomicReference<>();
        try {
            return requireNonNull(transaction.execute(status -> {
                try {
                    return work.get();
                } catch (RuntimeException failure) {
                    cause.set(failure);
                    throw failure;
                }
            }));
        } catch (RuntimeException thrown) {
            RuntimeException first = cause.get();
            if (first == null || first.equals(thrown)) {
                throw thrown;
            }
            first.addSuppressed(thrown);
            throw first;
        }
    }
}
