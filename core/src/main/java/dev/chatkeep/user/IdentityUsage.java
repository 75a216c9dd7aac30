package dev.chatkeep.user;

import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;

/// The free messages that an identity takes along when it leaves one account and makes another: whoever erases
/// an account, or removes a wallet from it, and signs in again has used what they had used.
final class IdentityUsage {

    private final Database database;
    private final InstantSource clock;

    IdentityUsage(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /// Writes down what the user has used in the present window, for each of these identities of theirs, as a
    /// part of the transaction that takes them away.
    ///
    /// @param hashes of the identities
    void record(UUID userId, List<String> hashes) {
        database.sql("""
                insert into chatkeep.identity_usage as i (identity_hash, used, window_ends_at, recorded_at)
                select hash, f.used, f.window_ends_at, :now
                from chatkeep.free_message f, unnest(:hashes::text[]) as hash
                where f.user_id = :user and f.used > 0 and (f.window_ends_at is null or f.window_ends_at > now())
                on conflict (identity_hash) do update
                set used = excluded.used,
                    window_ends_at = excluded.window_ends_at,
                    recorded_at = excluded.recorded_at
                """)
                .param("user", userId)
                .param("hashes", hashes.toArray(String[]::new))
                .param("now", Rows.time(clock.instant()))
                .update();
    }

    /// Lets the user who has this identity now have used at least what it had, as a part of the transaction
    /// that gives it to them. It is not added: an identity that comes back to its account had used what that
    /// account had.
    void restore(UUID userId, Identity identity) {
        database.sql("""
                with had as (
                    delete from chatkeep.identity_usage where identity_hash = :hash returning used, window_ends_at
                )
                insert into chatkeep.free_message as f
                    (user_id, used, first_used_at, last_used_at, window_ends_at)
                select :user, used, :now, :now, window_ends_at
                from had
                where window_ends_at is null or window_ends_at > now()
                on conflict (user_id) do update
                set used = greatest(case when f.window_ends_at <= now() then 0 else f.used end, excluded.used),
                    last_used_at = excluded.last_used_at,
                    window_ends_at = greatest(f.window_ends_at, excluded.window_ends_at)
                """)
                .param("user", userId)
                .param("hash", identity.hash())
                .param("now", Rows.time(clock.instant()))
                .update();
    }
}
