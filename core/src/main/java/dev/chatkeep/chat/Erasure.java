package dev.chatkeep.chat;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.chatkeep.db.Columns;
import dev.chatkeep.db.TimeJson;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.annotation.JsonSerialize;

/// How far the deletion of a user is.
///
/// @param receipt all that still names it once it is done
/// @param chats deleted so far
/// @param messages deleted so far
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Erasure(
        UUID receipt,
        @JsonSerialize(using = TimeJson.class) Instant requestedAt,
        @JsonSerialize(using = TimeJson.class) @Nullable Instant finishedAt,
        long chats,
        long messages) {

    static final String COLUMNS = "receipt, requested_at, finished_at, chats, messages";

    static Erasure read(ResultSet row) throws SQLException {
        Columns columns = new Columns(row, 1);
        return new Erasure(columns.uuid(), columns.time(), columns.timeOrNull(), columns.number(), columns.number());
    }
}
