package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.zaxxer.hikari.HikariDataSource;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.SqlErrors;
import org.junit.jupiter.api.Test;

/// What is seen of a connection that ends in the middle of a transaction. The pool closes it at once, so that
/// the rollback fails too, and says only that the connection is closed.
final class BrokenConnectionTest {

    @Test
    void saysThatTheDatabaseIsAwayAndNotThatTheRollbackFailed() {
        try (HikariDataSource pool = pool(TestDatabase.create())) {
            Database database = new Database(pool);

            Throwable thrown = catchThrowable(
                    () -> database.inTransaction(() -> database.sql("select pg_terminate_backend(pg_backend_pid())")
                            .query(Boolean.class)
                            .single()));

            assertThat(thrown).isNotNull().matches(SqlErrors::isUnavailable);
            assertThat(thrown.getSuppressed()).singleElement().asString().contains("rollback");
            assertThat(database.inTransaction(
                            () -> database.sql("select 1").query(Integer.class).single()))
                    .isEqualTo(1);
        }
    }

    @Test
    void saysSoTooWhenTheConnectionEndsBeforeTheCommit() {
        TestDatabase test = TestDatabase.create();
        try (HikariDataSource pool = pool(test)) {
            Database database = new Database(pool);

            Throwable thrown = catchThrowable(() -> database.inTransaction(() -> {
                int backend = database.sql("select pg_backend_pid()")
                        .query(Integer.class)
                        .single();
                return test.sql()
                        .sql("select pg_terminate_backend(:backend, 10000)")
                        .param("backend", backend)
                        .query(Boolean.class)
                        .single();
            }));

            assertThat(thrown).isNotNull().matches(SqlErrors::isUnavailable);
        }
    }

    private static HikariDataSource pool(TestDatabase test) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(test.url());
        pool.setUsername(test.user());
        pool.setPassword(test.password());
        return pool;
    }
}
