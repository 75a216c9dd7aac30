package dev.chatkeep.payment;

import dev.chatkeep.ChatkeepException.NotFound;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// How many free messages users have had, and may have. They are taken by the statement that begins a turn
/// ([Debit]) and nowhere else.
public final class FreeMessages {

    private static final Duration RETENTION = Duration.ofDays(90);
    private static final int BATCH_SIZE = 1_000;

    private final Database database;
    private final InstantSource clock;
    private final FreeMessagePolicy policy;

    public FreeMessages(Database database, InstantSource clock, FreeMessagePolicy policy) {
        this.database = database;
        this.clock = clock;
        this.policy = policy;
    }

    /// What everyone is allowed whom no admin allowed something else.
    public FreeMessagePolicy policy() {
        return policy;
    }

    /// What the user has had and may still have.
    ///
    /// @param network where the request came from, for a guest or a new account, who share with others there; null:
    ///     not looked at
    public Allowance get(UUID userId, @Nullable String network) {
        return database.sql("""
                select %s,
                    case when %s and :network::text is not null
                        then :per_network::int - coalesce(case when g.window_ends_at <= now() then 0 else g.used end, 0)
                        end as network_remaining
                from chatkeep.app_user u
                left join chatkeep.free_message f on f.user_id = :user
                left join chatkeep.network_quota g on g.network = :network
                where u.user_id = :user
                """.formatted(Allowance.COLUMNS, FreeMessagePolicy.IS_SHARED))
                .param("user", userId)
                .param("network", network)
                .params(policy.parameters())
                .query((row, n) -> Allowance.read(row, row.getObject("network_remaining", Integer.class)))
                .optional()
                .orElseThrow(FreeMessages::noUser);
    }

    /// What users have had, in the order of their ids, for an admin.
    ///
    /// @param after the id of the last one of the page before, or null
    public List<UserAllowance> list(int limit, @Nullable UUID after) {
        return database.sql("""
                select f.user_id, %s
                from chatkeep.free_message f
                where :after::uuid is null or f.user_id > :after::uuid
                order by f.user_id
                limit :rows
                """.formatted(Allowance.COLUMNS))
                .param("after", after)
                .param("rows", limit)
                .params(policy.parameters())
                .query((row, n) -> new UserAllowance(row.getObject("user_id", UUID.class), Allowance.read(row, null)))
                .list();
    }

    /// One row of [#list].
    public record UserAllowance(UUID userId, Allowance freeMessages) {}

    /// Gives a user a limit of their own, or the configured one again.
    ///
    /// @throws NotFound when there is no such user
    public Allowance setLimit(UUID userId, @Nullable Integer limit) {
        write("""
                insert into chatkeep.free_message (user_id, own_limit)
                select user_id, :own_limit from chatkeep.app_user where user_id = :user for key share
                on conflict (user_id) do update set own_limit = excluded.own_limit
                """, userId, limit);
        return get(userId, null);
    }

    /// Lets a user begin anew, as if they had had no free message yet.
    ///
    /// @throws NotFound when there is no such user
    public Allowance reset(UUID userId) {
        write("""
                insert into chatkeep.free_message (user_id, own_limit)
                select user_id, :own_limit from chatkeep.app_user where user_id = :user for key share
                on conflict (user_id) do update
                set used = 0, first_used_at = null, last_used_at = null, window_ends_at = null
                """, userId, null);
        return get(userId, null);
    }

    private void write(String sql, UUID userId, @Nullable Integer limit) {
        if (database.sql(sql).param("user", userId).param("own_limit", limit).update() == 0) {
            throw noUser();
        }
    }

    /// Forgets networks that nobody who shares came from for 90 days, and what identities without an account had used
    /// in windows that have ended.
    ///
    /// @return how many
    public int purge() {
        return purge("""
                delete from chatkeep.network_quota
                where network in (
                    select network from chatkeep.network_quota where last_used_at < :since limit :limit)
                """) + purge("""
                delete from chatkeep.identity_usage
                where identity_hash in (
                    select identity_hash
                    from chatkeep.identity_usage
                    where window_ends_at <= now() or recorded_at < :since
                    limit :limit)
                """);
    }

    private int purge(String delete) {
        int purged = 0;
        int batch;
        do {
            batch = database.sql(delete)
                    .param("since", Rows.time(clock.instant().minus(RETENTION)))
                    .param("limit", BATCH_SIZE)
                    .update();
            purged += batch;
        } while (batch == BATCH_SIZE);
        return purged;
    }

    private static NotFound noUser() {
        return new NotFound("user_not_found", "There is no such user.");
    }
}
