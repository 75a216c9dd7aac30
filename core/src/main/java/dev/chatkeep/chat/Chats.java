package dev.chatkeep.chat;

import dev.chatkeep.ChatkeepException;
import dev.chatkeep.ChatkeepException.Gone;
import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.NotFound;
import dev.chatkeep.ChatkeepException.PreconditionFailed;
import dev.chatkeep.ChatkeepException.Unauthenticated;
import dev.chatkeep.Cursor;
import dev.chatkeep.Ids;
import dev.chatkeep.PageInput;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The rows of chats. Every method finds through the user's id: a foreign chat is simply not found. An id that
/// no chat can have is [Invalid].
///
/// Each change locks the chat, then the user's counters, in this order and in one statement.
public final class Chats {

    private static final int CREATE_ATTEMPTS = 3;

    private static final ChatPatch NOTHING = new ChatPatch(null, null, null, null, null);

    private final Database database;
    private final InstantSource clock;
    private final ChatLists lists;

    public Chats(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
        this.lists = new ChatLists(database);
    }

    /// A page of the user's chats, in the order of the filter's status; chats of the same millisecond follow by
    /// id. What is searched comes first when the title begins with it, then when it has all the words whole. A
    /// chat that is changed while someone pages may come twice, none that rests is missed.
    ///
    /// @param limit rows on the page, at least 1
    /// @param after the cursor of the page before, or null
    /// @param offset rows to skip after that
    public ChatList list(UUID userId, ChatFilter filter, int limit, @Nullable Cursor after, int offset) {
        PageInput.check(limit, offset);
        return lists.list(userId, filter, limit, after, offset);
    }

    /// The user's totals.
    ///
    /// @throws Unauthenticated when the user was deleted meanwhile
    public ChatStats stats(UUID userId) {
        return database.sql("""
                select active_chats, deleted_chats, messages
                from chatkeep.user_head
                where user_id = :user
                """)
                .param("user", userId)
                .query((row, n) -> ChatStats.read(row))
                .optional()
                .orElseThrow(Unauthenticated::noUser);
    }

    /// The chat itself, without messages.
    ///
    /// @throws NotFound for a missing or foreign chat
    /// @throws Gone for one in the trash
    public Chat get(UUID userId, String chatId) {
        Ids.check("chatId", chatId);
        return find(userId, chatId).orElseThrow(NotFound::chat);
    }

    private Optional<Chat> find(UUID userId, String chatId) {
        return database.sql("""
                select %s, c.is_deleted as was_deleted
                from chatkeep.chat c
                where user_id = :user and id = :chat
                """.formatted(Chat.COLUMNS))
                .param("user", userId)
                .param("chat", chatId)
                .query((row, n) -> notGone(row, chatId))
                .optional();
    }

    /// What [#findOrCreate] found or made.
    public record FoundOrCreated(Chat chat, boolean created) {}

    /// The chat of this id: as it is when there is one, else made with these fields. Doing it again changes
    /// nothing.
    ///
    /// @throws Invalid for an id that no chat can have
    /// @throws Unauthenticated when there is no such user
    /// @throws Gone for one in the trash
    public FoundOrCreated findOrCreate(UUID userId, String chatId, ChatPatch fields) {
        Ids.checkChat("chatId", chatId);
        return database.inTransaction(() -> {
            for (int i = 0; i < CREATE_ATTEMPTS; i++) {
                Instant now = clock.instant();
                int created = create(userId, chatId, now);
                if (created > 0) {
                    return new FoundOrCreated(update(userId, chatId, fields, null, created, now), true);
                }
                Optional<Chat> found = find(userId, chatId);
                if (found.isPresent()) {
                    return new FoundOrCreated(found.get(), false);
                }
                if (!hasUser(userId)) {
                    throw Unauthenticated.noUser();
                }
                // It was deleted between the two statements.
            }
            throw NotFound.chat();
        });
    }

    private int create(UUID userId, String chatId, Instant now) {
        return database.sql("""
                insert into chatkeep.chat (user_id, id, created_at, updated_at)
                select user_id, :chat, :now, :now from chatkeep.app_user where user_id = :user for key share
                on conflict (user_id, id) do nothing
                """)
                .param("user", userId)
                .param("chat", chatId)
                .param("now", Rows.time(now))
                .update();
    }

    private boolean hasUser(UUID userId) {
        return database.sql("select exists (select from chatkeep.app_user where user_id = :user)")
                .param("user", userId)
                .query(Boolean.class)
                .single();
    }

    /// Changes what the patch sets, and `updatedAt`.
    ///
    /// @param version the version of the chat that is meant; null means whichever
    /// @throws NotFound for a missing or foreign chat
    /// @throws Gone for one in the trash
    /// @throws PreconditionFailed when the chat has another version
    public Chat update(UUID userId, String chatId, ChatPatch patch, @Nullable Long version) {
        return update(userId, chatId, patch, version, 0, clock.instant());
    }

    /// Sets the title, which no message will overwrite.
    ///
    /// @throws NotFound for a missing or foreign chat
    /// @throws Gone for one in the trash
    public Chat retitle(UUID userId, String chatId, String title) {
        return update(userId, chatId, NOTHING.withTitle(title), null);
    }

    /// Makes this chat the one that was changed last.
    ///
    /// @throws NotFound for a missing or foreign chat
    /// @throws Gone for one in the trash
    public Chat touch(UUID userId, String chatId) {
        return update(userId, chatId, NOTHING, null);
    }

    private Chat update(UUID userId, String chatId, ChatPatch patch, @Nullable Long version, int created, Instant now) {
        Ids.check("chatId", chatId);
        String title = patch.title() == null ? null : patch.title().value();
        return database.sql("""
                with old as (
                    select is_deleted, change_seq = coalesce(:version, change_seq) as is_meant
                    from chatkeep.chat
                    where user_id = :user and id = :chat
                    for update
                ), head as (
                    update chatkeep.user_head h
                    set change_seq = h.change_seq + 1, active_chats = h.active_chats + :created
                    from old
                    where h.user_id = :user and not old.is_deleted and old.is_meant
                    returning h.change_seq
                ), c as (
                    update chatkeep.chat
                    set title = case when :set_title then :title else title end,
                        model_id = case when :set_model then :model else model_id end,
                        sandbox_id = case when :set_sandbox then :sandbox else sandbox_id end,
                        visibility = case when :set_visibility then :visibility else visibility end,
                        last_context = case when :set_context then :context::jsonb else last_context end,
                        updated_at = :now,
                        change_seq = head.change_seq
                    from head
                    where user_id = :user and id = :chat
                    returning chat.*
                ), titled as (
                    %s
                    from c where :set_title
                    %s
                )
                select %s, old.is_deleted as was_deleted, old.is_meant
                from old left join c on true
                """.formatted(Titles.INSERT, Titles.UPSERT, Chat.COLUMNS))
                .param("user", userId)
                .param("chat", chatId)
                .param("version", version)
                .param("created", created)
                .params(Titles.parameters(userId, title))
                .params(patch.parameters())
                .param("now", Rows.time(now))
                .query((row, n) -> {
                    if (!row.getBoolean("is_meant")) {
                        throw PreconditionFailed.chat();
                    }
                    return notGone(row, chatId);
                })
                .optional()
                .orElseThrow(NotFound::chat);
    }

    /// Puts a chat into the trash. Doing it again changes nothing.
    ///
    /// @throws NotFound for a missing or foreign chat
    public void delete(UUID userId, String chatId) {
        setDeleted(userId, chatId, true);
    }

    /// Takes a chat out of the trash. Doing it again changes nothing.
    ///
    /// @throws NotFound for a missing or foreign chat
    public Chat restore(UUID userId, String chatId) {
        return setDeleted(userId, chatId, false);
    }

    private Chat setDeleted(UUID userId, String chatId, boolean deleted) {
        Ids.check("chatId", chatId);
        return database.sql("""
                with old as (
                    select *
                    from chatkeep.chat
                    where user_id = :user and id = :chat
                    for update
                ), head as (
                    update chatkeep.user_head h
                    set change_seq = h.change_seq + 1,
                        active_chats = active_chats - :step::int,
                        deleted_chats = deleted_chats + :step::int,
                        messages = messages - :step::int * old.stored_messages
                    from old
                    where h.user_id = :user and old.is_deleted <> :deleted
                    returning h.change_seq
                ), changed as (
                    update chatkeep.chat
                    set is_deleted = :deleted,
                        deleted_at = case when :deleted then :now::timestamptz end,
                        change_seq = head.change_seq
                    from head
                    where user_id = :user and id = :chat
                    returning chat.*
                )
                select %1$s from changed c
                union all
                select %1$s from old c where not exists (select from changed)
                """.formatted(Chat.COLUMNS))
                .param("user", userId)
                .param("chat", chatId)
                .param("deleted", deleted)
                .param("step", deleted ? 1 : -1)
                .param("now", Rows.time(clock.instant()))
                .query((row, n) -> Chat.read(row))
                .optional()
                .orElseThrow(NotFound::chat);
    }

    /// Deletes a chat and all its messages for good, from the trash or not; what is left is that it was there.
    ///
    /// @throws NotFound for a missing or foreign chat
    public void deletePermanently(UUID userId, String chatId) {
        Ids.check("chatId", chatId);
        if (!deletePermanently(userId, chatId, Optional.empty())) {
            throw NotFound.chat();
        }
    }

    /// @param inTrashSince only if the chat lies in the trash since before this time
    boolean deletePermanently(UUID userId, String chatId, Optional<Instant> inTrashSince) {
        return database.sql("""
                with old as (
                    select is_deleted, stored_messages
                    from chatkeep.chat
                    where user_id = :user and id = :chat and (:any or is_deleted and deleted_at < :since)
                    for update
                ), head as (
                    update chatkeep.user_head h
                    set change_seq = h.change_seq + 1,
                        active_chats = active_chats - (not old.is_deleted)::int,
                        deleted_chats = deleted_chats - old.is_deleted::int,
                        messages = messages - (not old.is_deleted)::int * old.stored_messages
                    from old
                    where h.user_id = :user
                    returning h.change_seq
                ), tombstone as (
                    insert into chatkeep.chat_tombstone (user_id, id, change_seq, deleted_at)
                    select :user, :chat, change_seq, :now from head
                    on conflict (user_id, id) do update
                        set change_seq = excluded.change_seq, deleted_at = excluded.deleted_at
                ), said as (
                    delete from chatkeep.run_event
                    where user_id = :user and exists (select from head)
                        and run_id in (select id from chatkeep.run where user_id = :user and chat_id = :chat)
                ), gone as (
                    delete from chatkeep.chat
                    where user_id = :user and id = :chat and exists (select from head)
                    returning id
                )
                select count(*) = 1 from gone
                """)
                .param("user", userId)
                .param("chat", chatId)
                .param("any", inTrashSince.isEmpty())
                .param("since", Rows.time(inTrashSince.orElse(Instant.EPOCH)))
                .param("now", Rows.time(clock.instant()))
                .query(Boolean.class)
                .single();
    }

    private static Chat notGone(ResultSet row, String chatId) throws SQLException {
        if (row.getBoolean("was_deleted")) {
            throw ChatkeepException.Gone.chat(chatId);
        }
        return Chat.read(row);
    }
}
