package dev.chatkeep.chat;

import dev.chatkeep.ChatkeepException.NotFound;
import dev.chatkeep.Ids;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import dev.chatkeep.user.Identities;
import dev.chatkeep.user.Revocations.Revoked;
import dev.chatkeep.user.Sessions;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;

/// Deletes users with everything that is theirs. In batches, each a transaction, so that it may stop anywhere
/// and go on, on any node; what is left is a receipt that does not name the user.
public final class Erasures {

    private static final int MESSAGES_AT_ONCE = 1_000;
    private static final int CHATS_AT_ONCE = 100;
    private static final int UNFINISHED = 100;

    private final Database database;
    private final Identities identities;
    private final Sessions sessions;
    private final InstantSource clock;

    public Erasures(Database database, Identities identities, Sessions sessions, InstantSource clock) {
        this.database = database;
        this.identities = identities;
        this.sessions = sessions;
        this.clock = clock;
    }

    /// From now on nobody can sign in as this user; what is theirs is deleted by [#finish]. Asked twice it is
    /// the same erasure.
    public Erasure begin(UUID userId) {
        Begun begun = database.inTransaction(() -> {
            // Whoever adds a wallet at the same time waits here, and is then refused.
            database.sql("select from chatkeep.app_user where user_id = :user for update")
                    .param("user", userId)
                    .query((row, n) -> userId)
                    .list();
            database.sql("""
                    insert into chatkeep.erasure (receipt, user_id, requested_at)
                    values (:receipt, :user, :now)
                    on conflict (user_id) do nothing
                    """)
                    .param("receipt", Ids.uuid())
                    .param("user", userId)
                    .param("now", Rows.time(clock.instant()))
                    .update();
            Revoked removed = identities.removeAll(userId);
            Erasure erasure = database.sql(
                            "select %s from chatkeep.erasure where user_id = :user".formatted(Erasure.COLUMNS))
                    .param("user", userId)
                    .query((row, n) -> Erasure.read(row))
                    .single();
            return new Begun(erasure, removed);
        });
        identities.forget(begun.removed());
        sessions.revokeAll(userId, null);
        return begun.erasure();
    }

    private record Begun(Erasure erasure, Revoked removed) {}

    /// @throws NotFound for a receipt that was never given
    public Erasure get(UUID receipt) {
        return database.sql("select %s from chatkeep.erasure where receipt = :receipt".formatted(Erasure.COLUMNS))
                .param("receipt", receipt)
                .query((row, n) -> Erasure.read(row))
                .optional()
                .orElseThrow(() -> new NotFound("erasure_not_found", "There is no such erasure."));
    }

    /// Goes on with every erasure that is not done.
    public void finish() {
        List<UUID> users = database.sql("""
                select user_id
                from chatkeep.erasure
                where user_id is not null
                order by requested_at
                limit :limit
                """)
                .param("limit", UNFINISHED)
                .query((row, n) -> row.getObject("user_id", UUID.class))
                .list();
        users.forEach(this::finish);
    }

    /// Deletes what this user has, if they asked for it.
    public void finish(UUID userId) {
        sessions.revokeAll(userId, null);
        boolean more;
        do {
            more = batch(userId, "messages", MESSAGES_AT_ONCE, """
                delete from chatkeep.message
                where user_id = :user and ctid = any(array(
                    select ctid
                    from chatkeep.message
                    where user_id = :user
                    order by chat_id, branch, pos
                    limit :limit))
                """);
        } while (more);
        do {
            more = batch(userId, "chats", CHATS_AT_ONCE, """
                delete from chatkeep.chat
                where user_id = :user and ctid = any(array(
                    select ctid from chatkeep.chat where user_id = :user order by id limit :limit))
                """);
        } while (more);
        end(userId);
    }

    /// Rows are named by where they lie: by their keys, the planner reads all that the user has for each batch. One
    /// that is changed meanwhile lies elsewhere, and comes with the next batch.
    ///
    /// @return whether there may be more
    private boolean batch(UUID userId, String counted, int limit, String delete) {
        return database.inTransaction(() -> {
            boolean isAsked = database.sql("select exists (select from chatkeep.erasure where user_id = :user)")
                    .param("user", userId)
                    .query(Boolean.class)
                    .single();
            if (!isAsked) {
                return false;
            }
            int deleted = database.sql(delete)
                    .param("user", userId)
                    .param("limit", limit)
                    .update();
            database.sql("update chatkeep.erasure set %1$s = %1$s + :deleted where user_id = :user".formatted(counted))
                    .param("deleted", deleted)
                    .param("user", userId)
                    .update();
            return deleted > 0;
        });
    }

    /// What is left, and what came while the rest was deleted, goes with the user's own row.
    private void end(UUID userId) {
        database.inTransaction(() -> {
            int asked = database.sql("""
                    update chatkeep.erasure set user_id = null, finished_at = :now where user_id = :user
                    """)
                    .param("user", userId)
                    .param("now", Rows.time(clock.instant()))
                    .update();
            if (asked == 0) {
                return 0;
            }
            // What was paid with stays used, without a word of who it was.
            database.sql("update chatkeep.payment_claim set user_id = null, payment_id = null where user_id = :user")
                    .param("user", userId)
                    .update();
            database.sql("delete from chatkeep.run_event where user_id = :user")
                    .param("user", userId)
                    .update();
            return database.sql("delete from chatkeep.app_user where user_id = :user")
                    .param("user", userId)
                    .update();
        });
    }
}
