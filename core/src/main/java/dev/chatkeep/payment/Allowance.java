package dev.chatkeep.payment;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.chatkeep.db.Rows;
import dev.chatkeep.db.TimeJson;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.annotation.JsonSerialize;

/// The free messages of a user in the present window.
///
/// @param limit null means any number
/// @param remaining null means any number; of a guest no more than their network has left
/// @param resetAt when `used` counts from 0 again; null: never, or nothing was used
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Allowance(
        @Nullable Integer limit,
        int used,
        @Nullable Integer remaining,
        @JsonSerialize(using = TimeJson.class) @Nullable Instant firstUsedAt,
        @JsonSerialize(using = TimeJson.class) @Nullable Instant lastUsedAt,
        @JsonSerialize(using = TimeJson.class) @Nullable Instant resetAt) {

    /// The columns that [#read] needs, of a table or alias `f`, with the parameter `limit`.
    static final String COLUMNS = """
            coalesce(f.own_limit, :limit::int) as most, \
            case when f.window_ends_at <= now() then 0 else coalesce(f.used, 0) end as used, \
            f.first_used_at, f.last_used_at, \
            case when f.window_ends_at > now() then f.window_ends_at end as window_ends_at""";

    static Allowance read(ResultSet row, int networkUsed) throws SQLException {
        Integer most = row.getObject("most", Integer.class);
        int used = row.getInt("used");
        return new Allowance(
                most,
                used,
                most == null ? null : Math.max(0, most - Math.max(used, networkUsed)),
                Rows.timeOrNull(row, "first_used_at"),
                Rows.timeOrNull(row, "last_used_at"),
                Rows.timeOrNull(row, "window_ends_at"));
    }
}
