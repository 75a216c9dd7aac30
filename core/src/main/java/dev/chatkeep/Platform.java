package dev.chatkeep;

import dev.chatkeep.db.Database;

/// What all users together have, for whoever runs the server. Adds up counters, so it costs as much as there are
/// users, not messages.
public final class Platform {

    private final Database database;

    Platform(Database database) {
        this.database = database;
    }

    /// @param messages of chats that are not deleted
    /// @param paymentsPending of which it is not decided how they end
    /// @param credits settled payments that no message was answered for yet
    public record PlatformStats(
            long users,
            long guests,
            long activeChats,
            long deletedChats,
            long messages,
            long paymentsSettled,
            long paymentsPending,
            long credits) {}

    public PlatformStats stats() {
        return database.sql("""
                select u.*, h.*, p.*
                from (
                    select count(*) as users, count(*) filter (where is_guest) as guests from chatkeep.app_user
                ) u, (
                    select coalesce(sum(active_chats), 0) as active_chats,
                        coalesce(sum(deleted_chats), 0) as deleted_chats, coalesce(sum(messages), 0) as messages
                    from chatkeep.user_head
                ) h, (
                    select count(*) filter (where status = 'settled') as settled,
                        count(*) filter (where status in ('verified', 'pending')) as pending,
                        count(*) filter (where status = 'settled' and not is_spent) as credits
                    from chatkeep.payment
                ) p
                """)
                .query((row, n) -> new PlatformStats(
                        row.getLong("users"),
                        row.getLong("guests"),
                        row.getLong("active_chats"),
                        row.getLong("deleted_chats"),
                        row.getLong("messages"),
                        row.getLong("settled"),
                        row.getLong("pending"),
                        row.getLong("credits")))
                .single();
    }
}
