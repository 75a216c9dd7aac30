package dev.chatkeep.db;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.springframework.transaction.TransactionSystemException;

/// What a failure of the database means, told by its SQLSTATE and never by its text (a distributed PostgreSQL
/// puts shard names into the text).
public final class SqlErrors {

    private static final Set<String> PASSING = Set.of("25006", "25P03", "25P04", "40001", "40P01", "55P03", "57014");

    private SqlErrors() {}

    /// Whether the database is away or too busy, so that the same statement may succeed later: no connection
    /// to be had, the connection broke (class 08), the server shuts down or starts (57P), resources ran out
    /// (53), it became read-only in a failover (25006), the statement, a lock or the transaction took too long
    /// (57014, 55P03, 25P03, 25P04), or others were in the way (40001, 40P01). A connection that breaks in a
    /// commit cannot roll back either, and only the failure of that is left (`TransactionSystemException`, or a
    /// pool's own words that the connection is closed): whether it was committed is then unknown.
    public static boolean isUnavailable(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLTransientConnectionException || cause instanceof TransactionSystemException) {
                return true;
            }
            if (cause instanceof SQLException sql && (isPools(sql) || isUnavailable(sql.getSQLState()))) {
                return true;
            }
        }
        return false;
    }

    /// Whether a row was to be written whose owner is gone (23503): a user, or a chat, that was deleted
    /// meanwhile.
    public static boolean isOrphan(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && "23503".equals(sql.getSQLState())) {
                return true;
            }
        }
        return false;
    }

    /// PostgreSQL and its driver say a SQLSTATE with all they say; a pool whose connection broke says none.
    private static boolean isPools(SQLException failure) {
        return failure.getSQLState() == null && !(failure instanceof PSQLException);
    }

    private static boolean isUnavailable(@Nullable String state) {
        return state != null
                && (state.startsWith("08")
                        || state.startsWith("53")
                        || state.startsWith("57P")
                        || PASSING.contains(state));
    }
}
