package dev.chatkeep.chat;

import dev.chatkeep.Ids;
import dev.chatkeep.db.Database;
import dev.chatkeep.user.Sessions;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Moves the chats of guests who signed in to an account that was there before. One transaction a chat, so that
/// a move may stop anywhere and go on later, on any node; a chat that is being answered waits until it has its
/// answer.
public final class GuestClaims {

    private static final int BATCH = 100;

    private final Database database;
    private final Sessions sessions;
    private final GuestPayments payments;

    public GuestClaims(Database database, Sessions sessions) {
        this.database = database;
        this.sessions = sessions;
        this.payments = new GuestPayments(database);
    }

    private record Claim(UUID guest, UUID user) {}

    private record Source(Optional<String> title, boolean isAnswered, boolean isTaken) {}

    /// Goes on with every claim that is not done.
    public void finish() {
        database.sql("select guest_id, user_id from chatkeep.guest_claim order by created_at limit :limit")
                .param("limit", BATCH)
                .query((row, n) ->
                        new Claim(row.getObject("guest_id", UUID.class), row.getObject("user_id", UUID.class)))
                .list()
                .forEach(this::finish);
    }

    /// Moves what this guest left to whoever claimed them, if anyone did, and deletes the guest when nothing is
    /// left.
    ///
    /// @return whether nothing is left to move
    public boolean finish(UUID guest) {
        return claimant(guest).map(user -> finish(new Claim(guest, user))).orElse(true);
    }

    private Optional<UUID> claimant(UUID guest) {
        return database.sql("select user_id from chatkeep.guest_claim where guest_id = :guest")
                .param("guest", guest)
                .query(UUID.class)
                .optional();
    }

    private boolean finish(Claim claim) {
        sessions.revokeAll(claim.guest(), null);
        payments.moveFreeMessages(claim.guest(), claim.user());
        List<String> chats;
        int moved;
        do {
            chats = database.sql("select id from chatkeep.chat where user_id = :guest order by id limit :limit")
                    .param("guest", claim.guest())
                    .param("limit", BATCH)
                    .query((row, n) -> row.getString("id"))
                    .list();
            moved = 0;
            for (String chat : chats) {
                moved += move(claim, chat) ? 1 : 0;
            }
        } while (moved > 0);
        return chats.isEmpty() && forget(claim);
    }

    /// Only when nothing is left: a request that was under way may have made one more chat.
    private boolean forget(Claim claim) {
        return database.inTransaction(() -> {
            database.sql("select user_id from chatkeep.app_user where user_id = :guest for update")
                    .param("guest", claim.guest())
                    .query(UUID.class)
                    .optional();
            payments.moveUnused(claim.guest(), claim.user());
            database.sql("delete from chatkeep.run_event where user_id = :guest")
                    .param("guest", claim.guest())
                    .update();
            return database.sql("""
                    delete from chatkeep.app_user
                    where user_id = :guest and not exists (select from chatkeep.chat where user_id = :guest)
                    """).param("guest", claim.guest()).update() == 1;
        });
    }

    private boolean move(Claim claim, String chatId) {
        return database.inTransaction(() -> {
            Optional<Source> source = lock(claim, chatId).filter(chat -> !chat.isAnswered());
            source.ifPresent(chat -> {
                String id = copyChat(claim, chatId, chat.isTaken() ? Ids.make() : chatId);
                payments.copyUsed(claim.guest(), chatId, claim.user(), id);
                copyMessages(claim, chatId, id);
                chat.title().ifPresent(title -> index(claim.user(), id, title));
                count(claim, id);
                delete(claim.guest(), chatId);
            });
            return source.isPresent();
        });
    }

    private Optional<Source> lock(Claim claim, String chatId) {
        database.sql("select from chatkeep.chat where user_id = :guest and id = :chat for update")
                .param("guest", claim.guest())
                .param("chat", chatId)
                .query((row, n) -> true)
                .list();
        // A statement of its own: the one that waited for the lock does not see an answer that began meanwhile.
        return database.sql("""
                select title,
                    exists (
                        select from chatkeep.run
                        where user_id = :guest and chat_id = :chat and status = 'streaming') as is_answered,
                    exists (select from chatkeep.chat where user_id = :user and id = :chat)
                        or exists (select from chatkeep.chat_tombstone where user_id = :user and id = :chat) as is_taken
                from chatkeep.chat
                where user_id = :guest and id = :chat
                """)
                .param("guest", claim.guest())
                .param("user", claim.user())
                .param("chat", chatId)
                .query((row, n) -> new Source(
                        Optional.ofNullable(row.getString("title")),
                        row.getBoolean("is_answered"),
                        row.getBoolean("is_taken")))
                .optional();
    }

    /// @return the id the chat has now: another than wanted when the user made a chat of that id just now
    private String copyChat(Claim claim, String chatId, String wanted) {
        int made = database.sql("""
                insert into chatkeep.chat (user_id, id, created_at, title, visibility, model_id, sandbox_id,
                    last_context, updated_at, path, branches, stored_messages, is_deleted, deleted_at)
                select :user, :wanted, created_at, title, visibility, model_id, sandbox_id,
                    last_context, updated_at, path, branches, stored_messages, is_deleted, deleted_at
                from chatkeep.chat
                where user_id = :guest and id = :chat
                on conflict do nothing
                """)
                .param("user", claim.user())
                .param("wanted", wanted)
                .param("guest", claim.guest())
                .param("chat", chatId)
                .update();
        return made == 1 ? wanted : copyChat(claim, chatId, Ids.make());
    }

    private void copyMessages(Claim claim, String chatId, String id) {
        for (String copy : List.of("""
                insert into chatkeep.message (user_id, chat_id, branch, pos, id, role, status, parts, attachments,
                    metadata, error, source, payment_id, created_at)
                select :user, :id, branch, pos, id, role, status, parts, attachments,
                    metadata, error, source, payment_id, created_at
                from chatkeep.message
                where user_id = :guest and chat_id = :chat
                """, """
                insert into chatkeep.chat_branch (user_id, chat_id, branch, path)
                select :user, :id, branch, path
                from chatkeep.chat_branch
                where user_id = :guest and chat_id = :chat
                """, """
                insert into chatkeep.run (user_id, chat_id, id, turn_key, branch, pos, message_id, model_id, status,
                    node_id, epoch, started_at, finished_at, paid_with, payment_id, free_until)
                select :user, :id, id, turn_key, branch, pos, message_id, model_id, status,
                    node_id, epoch, started_at, finished_at, paid_with, payment_id, free_until
                from chatkeep.run
                where user_id = :guest and chat_id = :chat
                """)) {
            database.sql(copy)
                    .param("user", claim.user())
                    .param("id", id)
                    .param("guest", claim.guest())
                    .param("chat", chatId)
                    .update();
        }
    }

    private void index(UUID userId, String id, String title) {
        database.sql(Titles.INSERT)
                .param("user", userId)
                .param("chat", id)
                .params(Titles.parameters(userId, title))
                .update();
    }

    private void count(Claim claim, String id) {
        database.sql("""
                with c as (
                    select * from chatkeep.chat where user_id = :user and id = :id
                ), head as (
                    update chatkeep.user_head h
                    set change_seq = h.change_seq + 1,
                        active_chats = h.active_chats + (not c.is_deleted)::int,
                        deleted_chats = h.deleted_chats + c.is_deleted::int,
                        messages = h.messages + (not c.is_deleted)::int * c.stored_messages
                    from c
                    where h.user_id = :user
                    returning h.change_seq
                ), guest as (
                    update chatkeep.user_head h
                    set change_seq = h.change_seq + 1,
                        active_chats = h.active_chats - (not c.is_deleted)::int,
                        deleted_chats = h.deleted_chats - c.is_deleted::int,
                        messages = h.messages - (not c.is_deleted)::int * c.stored_messages
                    from c
                    where h.user_id = :guest
                )
                update chatkeep.chat
                set change_seq = head.change_seq
                from head
                where user_id = :user and id = :id
                """)
                .param("user", claim.user())
                .param("guest", claim.guest())
                .param("id", id)
                .update();
    }

    private void delete(UUID guest, String chatId) {
        database.sql("delete from chatkeep.chat where user_id = :guest and id = :chat")
                .param("guest", guest)
                .param("chat", chatId)
                .update();
    }
}
