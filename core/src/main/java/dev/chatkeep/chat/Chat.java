package dev.chatkeep.chat;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.Rows;
import dev.chatkeep.db.TimeJson;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.annotation.JsonSerialize;

/// A conversation of one user. Two users may each have a chat of the same id; neither learns of the other's.
///
/// @param version grows with every change of the chat or its messages
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Chat(
        String id,
        UUID userId,
        String title,
        @JsonSerialize(using = TimeJson.class) Instant createdAt,
        @JsonSerialize(using = TimeJson.class) Instant updatedAt,
        Visibility visibility,
        @Nullable String modelId,
        @Nullable String sandboxId,
        @JsonProperty("isDeleted") boolean isDeleted,
        @JsonSerialize(using = TimeJson.class) @Nullable Instant deletedAt,
        @Nullable Json lastContext,
        @JsonIgnore long version) {

    /// What a chat is called before its first message names it.
    public static final String UNTITLED = "New chat";

    /// The columns that [#read] needs, of a table or alias `c`.
    public static final String COLUMNS = """
            c.id, c.user_id, c.title, c.created_at, c.updated_at, c.visibility, c.model_id, c.sandbox_id, \
            c.is_deleted, c.deleted_at, c.last_context, c.change_seq""";

    public static Chat read(ResultSet row) throws SQLException {
        String title = row.getString("title");
        return new Chat(
                row.getString("id"),
                row.getObject("user_id", UUID.class),
                title == null ? UNTITLED : title,
                Rows.time(row, "created_at"),
                Rows.time(row, "updated_at"),
                Visibility.of(row.getString("visibility")),
                row.getString("model_id"),
                row.getString("sandbox_id"),
                row.getBoolean("is_deleted"),
                Rows.timeOrNull(row, "deleted_at"),
                Rows.jsonOrNull(row, "last_context"),
                row.getLong("change_seq"));
    }
}
