package dev.chatkeep.chat;

import dev.chatkeep.db.Database;
import java.util.UUID;

/// Moves what a guest paid, and the free messages they had, to the account they turned out to have. Nothing is
/// reset by it: what was used there counts here.
final class GuestPayments {

    private static final String COLUMNS = """
            id, status, turn_key, model_id, price, x402_version, network, asset, pay_to, amount, payer, transaction, \
            resource, payload, requirements, verify_answer, settle_answer, error, attempts, next_attempt_at, is_spent, \
            reserved_until, created_at, verified_at, settled_at, failed_at""";

    private final Database database;

    GuestPayments(Database database) {
        this.database = database;
    }

    /// Once, however often it is called.
    void moveFreeMessages(UUID guest, UUID user) {
        database.sql("""
                with had as (
                    delete from chatkeep.free_message where user_id = :guest returning *
                )
                insert into chatkeep.free_message as f
                    (user_id, used, first_used_at, last_used_at, window_ends_at)
                select :user, used, first_used_at, last_used_at, window_ends_at
                from had
                where used > 0 and (window_ends_at is null or window_ends_at > now())
                on conflict (user_id) do update
                set used = case when f.window_ends_at <= now() then 0 else f.used end + excluded.used,
                    first_used_at = least(f.first_used_at, excluded.first_used_at),
                    last_used_at = greatest(f.last_used_at, excluded.last_used_at),
                    window_ends_at = greatest(f.window_ends_at, excluded.window_ends_at)
                """).param("guest", guest).param("user", user).update();
    }

    /// Copies the payments that messages of this chat were answered for; nothing changes them any more. The guest's
    /// own go with the guest.
    void copyUsed(UUID guest, String chatId, UUID user, String id) {
        database.sql("""
                with copied as (
                    insert into chatkeep.payment (user_id, chat_id, %1$s)
                    select :user, :id, %1$s
                    from chatkeep.payment
                    where user_id = :guest and id in (
                        select payment_id
                        from chatkeep.message
                        where user_id = :guest and chat_id = :chat and payment_id is not null)
                    on conflict do nothing
                    returning id
                )
                update chatkeep.payment_claim
                set user_id = :user
                where user_id = :guest and payment_id in (select id from copied)
                """.formatted(COLUMNS))
                .param("guest", guest)
                .param("chat", chatId)
                .param("user", user)
                .param("id", id)
                .update();
    }

    /// Moves the payments that no message of the guest's is for: credits, open and failed ones.
    void moveUnused(UUID guest, UUID user) {
        database.sql("""
                with moved as (
                    delete from chatkeep.payment p
                    where user_id = :guest and not exists (
                        select from chatkeep.message m where m.user_id = :guest and m.payment_id = p.id)
                    returning *
                ), copied as (
                    insert into chatkeep.payment (user_id, chat_id, %1$s)
                    select :user, chat_id, %1$s from moved
                    on conflict do nothing
                )
                update chatkeep.payment_claim
                set user_id = :user
                where user_id = :guest
                """.formatted(COLUMNS))
                .param("guest", guest)
                .param("user", user)
                .update();
    }
}
