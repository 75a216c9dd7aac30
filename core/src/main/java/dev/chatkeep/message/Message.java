package dev.chatkeep.message;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.chatkeep.db.Columns;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.TimeJson;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.annotation.JsonSerialize;

/// A message of a chat, as it is stored and as it is sent.
///
/// While `status` is `streaming`, `parts` is empty: clients double the parts when they resume onto a half
/// answer.
///
/// @param error why the answer failed or was interrupted, in words for its reader
/// @param source `client` when a client wrote it and it was not said here
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Message(
        String id,
        Role role,
        Json parts,
        Json attachments,
        @Nullable Json metadata,
        Status status,
        @Nullable String error,
        @Nullable String source,
        @Nullable UUID paymentId,
        @JsonSerialize(using = TimeJson.class) Instant createdAt) {

    /// The columns that [#read] needs, of a table or alias `m`.
    static final String COLUMNS = """
            m.id as m_id, m.role as m_role, \
            case when m.status = 'streaming' then '[]' else m.parts end as m_parts, m.attachments as m_attachments, \
            m.metadata as m_metadata, m.status as m_status, m.error as m_error, m.source as m_source, m.payment_id as m_payment_id, \
            m.created_at as m_created_at""";

    /// @param first the number of the first of [#COLUMNS] in the row
    static Message read(ResultSet row, int first) throws SQLException {
        Columns columns = new Columns(row, first);
        return new Message(
                columns.text(),
                Role.of(columns.text()),
                columns.json(),
                columns.json(),
                columns.jsonOrNull(),
                Status.of(columns.text()),
                columns.textOrNull(),
                columns.textOrNull(),
                columns.uuidOrNull(),
                columns.time());
    }
}
