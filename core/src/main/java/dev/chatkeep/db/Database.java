package dev.chatkeep.db;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.PreparedStatementCreator;
import org.springframework.jdbc.core.PreparedStatementSetter;
import org.springframework.jdbc.core.ResultSetExtractor;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/// The way to PostgreSQL: statements, and transactions that join the caller's when there is one on the same
/// `DataSource` (Spring's rules).
///
/// Where connections do not commit by themselves (a pool with `auto-commit` off), a statement outside of a
/// transaction runs in one of its own.
///
/// Failures are Spring's `DataAccessException`s. They name SQLSTATE and constraint, and hold nothing of a row, of a
/// parameter or of a statement.
public final class Database {

    private static final ErrorTranslator ERRORS = new ErrorTranslator();

    private final DataSource source;
    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    /// Borrows a connection once, to see whether it commits by itself.
    public Database(DataSource source) {
        this.source = source;
        JdbcTransactionManager manager = new JdbcTransactionManager(source);
        manager.setExceptionTranslator(ERRORS);
        this.transaction = new TransactionTemplate(manager);
        JdbcTemplate template = commitsItself(source) ? new JdbcTemplate(source) : new Committing();
        template.setExceptionTranslator(ERRORS);
        this.jdbc = JdbcClient.create(template);
    }

    private static boolean commitsItself(DataSource source) {
        try (Connection connection = source.getConnection()) {
            return connection.getAutoCommit();
        } catch (SQLException away) {
            throw ERRORS.translate("Looking at the connections", null, away);
        }
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

    /// Each statement in a transaction: for connections that would roll it back when they are given back.
    private final class Committing extends JdbcTemplate {

        Committing() {
            super(source);
        }

        @Override
        public <T extends @Nullable Object> T query(
                PreparedStatementCreator statement,
                @Nullable PreparedStatementSetter parameters,
                ResultSetExtractor<T> rows) {
            AtomicReference<T> result = new AtomicReference<>();
            inTransaction(() -> {
                result.set(super.query(statement, parameters, rows));
                return result;
            });
            return result.get();
        }

        @Override
        protected int update(PreparedStatementCreator statement, @Nullable PreparedStatementSetter parameters) {
            return inTransaction(() -> super.update(statement, parameters));
        }
    }
}
