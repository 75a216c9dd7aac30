package dev.chatkeep.db;

import java.util.function.Supplier;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/// The way to PostgreSQL: statements, and transactions that join the caller's when there is one on the same
/// `DataSource` (Spring's rules).
public final class Database {

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    public Database(DataSource source) {
        this.jdbc = JdbcClient.create(source);
        this.transaction = new TransactionTemplate(new JdbcTransactionManager(source));
    }

    public JdbcClient.StatementSpec sql(String sql) {
        return jdbc.sql(sql);
    }

    /// Runs `work` in one transaction; it commits when `work` returns and rolls back when it throws.
    public <T> T inTransaction(Supplier<T> work) {
        T result = transaction.execute(status -> work.get());
        return java.util.Objects.requireNonNull(result);
    }
}
