package dev.chatkeep.db;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The columns of a row one after another. Where a page has fifty rows of a dozen columns, looking each up by
/// its name is a tenth of what the page costs.
public final class Columns {

    private final ResultSet row;
    private int at;

    /// @param first the number of the column to begin with, from 1
    public Columns(ResultSet row, int first) {
        this.row = row;
        this.at = first - 1;
    }

    public String text() throws SQLException {
        return row.getString(++at);
    }

    public @Nullable String textOrNull() throws SQLException {
        return row.getString(++at);
    }

    public UUID uuid() throws SQLException {
        return row.getObject(++at, UUID.class);
    }

    public @Nullable UUID uuidOrNull() throws SQLException {
        return row.getObject(++at, UUID.class);
    }

    public boolean flag() throws SQLException {
        return row.getBoolean(++at);
    }

    public long number() throws SQLException {
        return row.getLong(++at);
    }

    public Instant time() throws SQLException {
        return row.getObject(++at, OffsetDateTime.class).toInstant();
    }

    public @Nullable Instant timeOrNull() throws SQLException {
        OffsetDateTime time = row.getObject(++at, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    public Json json() throws SQLException {
        return new Json(row.getString(++at));
    }

    public @Nullable Json jsonOrNull() throws SQLException {
        String text = row.getString(++at);
        return text == null ? null : new Json(text);
    }
}
