package dev.chatkeep.db;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.support.SQLExceptionSubclassTranslator;
import org.springframework.jdbc.support.SQLExceptionTranslator;

/// Turns what the driver throws into Spring's exceptions, without anything that a row, a parameter or a statement
/// holds: PostgreSQL's detail may be a whole row, its context a piece of a value, and both end up in a log. What
/// stays is the SQLSTATE, the names of constraint, table and column, and the message where it has names only.
final class ErrorTranslator implements SQLExceptionTranslator {

    /// Data exceptions: the one class whose messages quote the value.
    private static final String DATA = "22";

    private final SQLExceptionTranslator spring = new SQLExceptionSubclassTranslator();

    @Override
    public DataAccessException translate(String task, @Nullable String sql, SQLException failure) {
        SQLException clean = clean(failure);
        DataAccessException translated = spring.translate(task, null, clean);
        return translated == null ? new UncategorizedSQLException(task, null, clean) : translated;
    }

    private static SQLException clean(SQLException failure) {
        Optional<ServerErrorMessage> said = said(failure);
        SQLException clean;
        if (said.isPresent()) {
            clean = new PSQLException(clean(said.get()));
        } else if (isData(failure.getSQLState()) || failure instanceof BatchUpdateException) {
            clean = new SQLException(message(failure.getSQLState()), failure.getSQLState(), failure.getErrorCode());
        } else {
            return failure;
        }
        clean.setStackTrace(failure.getStackTrace());
        return clean;
    }

    /// What the server said, also where a pool or a proxy has wrapped it.
    private static Optional<ServerErrorMessage> said(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof PSQLException postgres && postgres.getServerErrorMessage() != null) {
                return Optional.of(postgres.getServerErrorMessage());
            }
        }
        return Optional.empty();
    }

    /// In the form of the protocol's ErrorResponse: a letter and a text for each field.
    private static ServerErrorMessage clean(ServerErrorMessage said) {
        String message = isData(said.getSQLState()) ? message(said.getSQLState()) : said.getMessage();
        var fields = new StringBuilder();
        append(fields, 'S', said.getSeverity());
        append(fields, 'C', said.getSQLState());
        append(fields, 'M', message);
        append(fields, 's', said.getSchema());
        append(fields, 't', said.getTable());
        append(fields, 'c', said.getColumn());
        append(fields, 'd', said.getDatatype());
        append(fields, 'n', said.getConstraint());
        return new ServerErrorMessage(fields.toString());
    }

    private static void append(StringBuilder fields, char field, @Nullable String text) {
        if (text != null) {
            fields.append(field).append(text).append('\0');
        }
    }

    private static boolean isData(@Nullable String state) {
        return state != null && state.startsWith(DATA);
    }

    private static String message(@Nullable String state) {
        return "data exception " + state;
    }
}
