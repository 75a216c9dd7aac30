package dev.chatkeep.user;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.chatkeep.db.Rows;
import dev.chatkeep.db.TimeJson;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.annotation.JsonSerialize;

/// A session as its user sees it among their others.
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SignIn(
        UUID id,
        @Nullable String device,
        @Nullable String address,
        @JsonSerialize(using = TimeJson.class) Instant createdAt,
        @JsonSerialize(using = TimeJson.class) Instant lastUsedAt,
        @JsonSerialize(using = TimeJson.class) Instant expiresAt) {

    static SignIn read(ResultSet row) throws SQLException {
        return new SignIn(
                row.getObject("id", UUID.class),
                row.getString("device"),
                row.getString("address"),
                Rows.time(row, "created_at"),
                Rows.time(row, "last_used_at"),
                Rows.time(row, "expires_at"));
    }
}
