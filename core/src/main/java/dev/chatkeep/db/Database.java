package dev.chatkeep.db;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.PreparedStatementCreator;
import org.springframework.jdbc.core.PreparedStatementSetter;
import org.springframework.jdbc.core.ResultSetExtractor;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/// The way to PostgreSQL: statements, and transactions that join the caller's when Spring knows one on the same
/// `DataSource`, begun by JDBC's transaction manager or by one that lends its connection, as JPA's does.
///
/// Where connections do not commit by themselves (a pool with `auto-commit` off), a statement outside of a
/// transaction runs in one of its own.
///
/// Failures are Spring's `DataAccessException`s. They name SQLSTATE and constraint, and hold nothing of a row,
/// of a parameter or of a statement.
public final class Database {

    private static final ErrorTranslator ERRORS = new ErrorTranslator();

    /// Keeps a transaction from being committed whose manager is not ours to tell.
    private static final TransactionSynchronization DOOMED = new TransactionSynchronization() {
        @Override
        public void beforeCommit(boolean readOnly) {
            throw new UnexpectedRollbackException("Rolled back, because a part of it had failed");
        }
    };

    private final DataSource source;
    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final TransactionTemplate existing;
    private final ThreadLocal<Boolean> isBehindSavepoint = ThreadLocal.withInitial(() -> false);

    /// How a transaction ended.
    public enum Outcome {
        COMMITTED,
        ROLLED_BACK,

        /// It may be either: the connection broke in the commit, or the caller's transaction was committed and
        /// may have gone back to a savepoint before. Only the database knows.
        UNKNOWN
    }

    /// Borrows a connection once, to see whether it commits by itself.
    public Database(DataSource source) {
        this.source = source instanceof TransactionAwareDataSourceProxy proxy
                ? requireNonNull(proxy.getTargetDataSource())
                : source;
        JdbcTransactionManager manager = new JdbcTransactionManager(this.source);
        manager.setExceptionTranslator(ERRORS);
        this.transaction = new TransactionTemplate(manager);
        this.existing = new TransactionTemplate(manager);
        existing.setPropagationBehavior(TransactionDefinition.PROPAGATION_SUPPORTS);
        JdbcTemplate template = new Statements(commitsItself(this.source));
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

    /// Runs `work` in one transaction: the caller's, if there is one, else its own, which commits when `work`
    /// returns and rolls back when it throws. In the caller's, a [Refusal] leaves everything as it was, and any
    /// other exception dooms it.
    ///
    /// What `work` threw is what the caller sees: a connection that broke cannot roll back either, and that
    /// second failure would hide the first, which alone says that the database is away.
    public <T> T inTransaction(Supplier<T> work) {
        return isLent() ? inLentTransaction(work) : inJdbcTransaction(work);
    }

    private <T> T inLentTransaction(Supplier<T> work) {
        try {
            return work.get();
        } catch (RuntimeException failure) {
            if (!(failure instanceof Refusal)) {
                doom();
            }
            throw failure;
        }
    }

    /// Lets the caller's transaction, if there is one, end in a rollback that its commit tells of. PostgreSQL
    /// undoes one in which a statement failed, and its driver's commit returns as if nothing had happened.
    private void doom() {
        if (TransactionSynchronizationManager.isActualTransactionActive()
                && TransactionSynchronizationManager.getResource(source) instanceof ConnectionHolder holder) {
            if (holder.isSynchronizedWithTransaction()) {
                holder.setRollbackOnly();
            } else if (!isBehindSavepoint.get()) {
                TransactionSynchronizationManager.registerSynchronization(DOOMED);
            }
        }
    }

    private <T> T inJdbcTransaction(Supplier<T> work) {
        AtomicReference<@Nullable RuntimeException> cause = new AtomicReference<>();
        Optional<T> result = Optional.empty();
        try {
            result = transaction.execute(status -> {
                try {
                    return Optional.of(work.get());
                } catch (RuntimeException failure) {
                    cause.set(failure);
                    if (failure instanceof Refusal && !status.isNewTransaction()) {
                        return Optional.empty();
                    }
                    throw failure;
                }
            });
        } catch (RuntimeException thrown) {
            RuntimeException first = cause.get();
            if (first == null || first.equals(thrown)) {
                throw thrown;
            }
            first.addSuppressed(thrown);
        }
        RuntimeException failure = cause.get();
        if (failure != null) {
            throw failure;
        }
        return result.orElseThrow();
    }

    /// The same for work that may refuse, or fail, after it wrote: in the caller's transaction nothing of it
    /// stays when it throws, and the caller may go on. A savepoint does that, two statements more.
    public <T> T inNestedTransaction(Supplier<T> work) {
        return isInTransaction() ? behindSavepoint(work) : inTransaction(work);
    }

    private <T> T behindSavepoint(Supplier<T> work) {
        Connection connection = DataSourceUtils.getConnection(source);
        boolean wasDoomed = isDoomed();
        boolean wasBehind = isBehindSavepoint.get();
        isBehindSavepoint.set(true);
        try {
            Savepoint before = connection.setSavepoint();
            T result;
            try {
                result = work.get();
            } catch (RuntimeException failure) {
                goBack(connection, before, wasDoomed, failure);
                throw failure;
            }
            connection.releaseSavepoint(before);
            return result;
        } catch (SQLException failure) {
            throw ERRORS.translate("Savepoint", null, failure);
        } finally {
            isBehindSavepoint.set(wasBehind);
            DataSourceUtils.releaseConnection(connection, source);
        }
    }

    private boolean isDoomed() {
        return TransactionSynchronizationManager.getResource(source) instanceof ConnectionHolder holder
                && holder.isRollbackOnly();
    }

    private void goBack(Connection connection, Savepoint before, boolean wasDoomed, RuntimeException failure) {
        try {
            connection.rollback(before);
            if (!wasDoomed
                    && TransactionSynchronizationManager.getResource(source) instanceof ConnectionHolder holder) {
                holder.resetRollbackOnly();
            }
        } catch (SQLException broken) {
            failure.addSuppressed(broken);
        }
    }

    /// Tells how the caller's transaction ended, when it has; at once, and that it is committed, when there is
    /// none. On the caller's thread, which may still hold the connection: `then` uses none.
    public void afterCompletion(Consumer<Outcome> then) {
        if (!isInTransaction()) {
            then.accept(Outcome.COMMITTED);
            return;
        }
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCompletion(int status) {
                then.accept(status == STATUS_ROLLED_BACK ? Outcome.ROLLED_BACK : Outcome.UNKNOWN);
            }
        });
    }

    /// Whether the caller has a transaction.
    public boolean isInTransaction() {
        return isLent() || Boolean.TRUE.equals(existing.execute(TransactionExecution::hasTransaction));
    }

    /// Whether the caller's transaction is of another manager than JDBC's, which lends its connection. JDBC's
    /// does not know such a one for a transaction: it would begin anew on the same connection, and commit what
    /// is the caller's.
    private boolean isLent() {
        return TransactionSynchronizationManager.isActualTransactionActive()
                && TransactionSynchronizationManager.getResource(source) instanceof ConnectionHolder holder
                && !holder.isSynchronizedWithTransaction();
    }

    /// Statements whose failure the caller's transaction hears of. Each is in a transaction where connections
    /// do not commit by themselves: they would roll it back when they are given back.
    private final class Statements extends JdbcTemplate {

        private final boolean commitThemselves;

        Statements(boolean commitThemselves) {
            super(source);
            this.commitThemselves = commitThemselves;
        }

        @Override
        public <T extends @Nullable Object> T query(
                PreparedStatementCreator statement,
                @Nullable PreparedStatementSetter parameters,
                ResultSetExtractor<T> rows) {
            AtomicReference<T> result = new AtomicReference<>();
            run(() -> {
                result.set(super.query(statement, parameters, rows));
                return result;
            });
            return result.get();
        }

        @Override
        protected int update(PreparedStatementCreator statement, @Nullable PreparedStatementSetter parameters) {
            return run(() -> super.update(statement, parameters));
        }

        private <T> T run(Supplier<T> statement) {
            if (!commitThemselves) {
                return inTransaction(statement);
            }
            try {
                return statement.get();
            } catch (DataAccessException failure) {
                doom();
                throw failure;
            }
        }
    }
}
