package dev.chatkeep.message;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.Rows;
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
/// @param source `client` when a client wrote it and it was not said here
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Message(
        String id,
        Role role,
        Json parts,
        Json attachments,
        @Nullable Json metadata,
        Status status,
        @Nullable String source,
        @Nullable UUID paymentId,
        @JsonSerialize(using = TimeJson.class) Instant createdAt) {

    /// The columns that [#read] needs, of a table or alias `m`.
    static final String COLUMNS = """
            m.id as m_id, m.role as m_role, \
            case when m.status = 'streaming' then '[]' else m.parts end as m_parts, m.attachments as m_attachments, \
            m.metadata as m_metadata, m.status as m_status, m.source as m_source, m.payment_id as m_payment_id, \
            m.created_at as m_created_at""";

    static Message read(ResultSet row) throws SQLException {
        return new Message(
                row.getString("m_id"),
                Role.of(row.getString("m_role")),
                new Json(row.getString("m_parts")),
                new Json(row.getString("m_attachments")),
                Rows.jsonOrNull(row, "m_metadata"),
                Status.of(row.getString("m_status")),
                row.getString("m_source"),
                row.getObject("m_payment_id", UUID.class),
                Rows.time(row, "m_created_at"));
    }
}
