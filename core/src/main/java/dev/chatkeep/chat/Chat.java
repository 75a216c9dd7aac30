package dev.chatkeep.chat;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.chatkeep.db.Columns;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.TimeJson;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.annotation.JsonSerialize;

/// A conversation of one user. Two users may each have a chat of the same id; neither learns of the other's.
///
/// @param title that its owner or its first message gave it; else [#UNTITLED]
/// @param isUntitled whether nobody and nothing gave it a title; one may also be called "New chat"
/// @param version grows with every change of the chat or its messages
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Chat(
        String id,
        UUID userId,
        String title,
        @JsonProperty("isUntitled") boolean isUntitled,
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

    /// The columns that [#read] needs, of a table or alias `c`; they come first in a row.
    public static final String COLUMNS = """
            c.id, c.user_id, c.title, c.created_at, c.updated_at, c.visibility, c.model_id, c.sandbox_id, \
            c.is_deleted, c.deleted_at, c.last_context, c.change_seq""";

    /// The number of the first column behind [#COLUMNS].
    public static final int NEXT_COLUMN = 13;

    public static Chat read(ResultSet row) throws SQLException {
        Columns columns = new Columns(row, 1);
        String id = columns.text();
        UUID userId = columns.uuid();
        String title = columns.textOrNull();
        return new Chat(
                id,
                userId,
                Objects.requireNonNullElse(title, UNTITLED),
                title == null,
                columns.time(),
                columns.time(),
                Visibility.of(columns.text()),
                columns.textOrNull(),
                columns.textOrNull(),
                columns.flag(),
                columns.timeOrNull(),
                columns.jsonOrNull(),
                columns.number());
    }
}
