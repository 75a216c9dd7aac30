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
/// @param remaining null means any number; of a guest or a new account no more than their network has left
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

    /// @param networkRemaining what the user's network has left; null when they do not share it
    static Allowance read(ResultSet row, @Nullable Integer networkRemaining) throws SQLException {
        Integer most = row.getObject("most", Integer.class);
        int used = row.getInt("used");
        return new Allowance(
                most,
                used,
                remaining(most, used, networkRemaining),
                Rows.timeOrNull(row, "first_used_at"),
                Rows.timeOrNull(row, "last_used_at"),
                Rows.timeOrNull(row, "window_ends_at"));
    }

    private static @Nullable Integer remaining(@Nullable Integer most, int used, @Nullable Integer networkRemaining) {
        if (most == null) {
            return null;
        }
        int own = Math.max(0, most - used);
        return networkRemaining == null ? own : Math.clamp(networkRemaining, 0, own);
    }
}
