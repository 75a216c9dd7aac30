package dev.chatkeep.message;

import dev.chatkeep.ChatkeepException.Conflict;
import dev.chatkeep.ChatkeepException.Gone;
import dev.chatkeep.ChatkeepException.NotFound;
import dev.chatkeep.Ids;
import dev.chatkeep.chat.Path;
import dev.chatkeep.chat.Titles;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Messages that are written and deleted without a model. Each change locks the chat first and decides in a
/// second statement, which sees what was committed meanwhile.
final class MessageWrites {

    /// An id that is given is looked up by itself: joined, it is up to the planner to read the whole chat for it, and
    /// it does.
    private static final String APPEND = """
            with given as (
                select g ->> 'id' as id, g ->> 'role' as role, g -> 'parts' as parts,
                    g -> 'attachments' as attachments, g -> 'metadata' as metadata, n
                from jsonb_array_elements(:given::jsonb) with ordinality as list (g, n)
            ), answering as (
                select
                from chatkeep.run
                where user_id = :user and chat_id = :chat and status = 'streaming' and branch = :branch
            ), known as (
                select given.id, m.is_same
                from given cross join lateral (
                    select bool_or(m.parts = given.parts and m.role = given.role) as is_same
                    from chatkeep.message m
                    where m.user_id = :user and m.chat_id = :chat and m.id = given.id
                ) m
                where m.is_same is not null
            ), fresh as (
                select given.*, row_number() over (order by n)::int as nth
                from given
                where id not in (select id from known)
                    and not exists (select from known where not is_same)
                    and not exists (select from answering)
            ), head as (
                update chatkeep.user_head h
                set change_seq = h.change_seq + 1, messages = h.messages + (select count(*) from fresh)
                where h.user_id = :user and exists (select from fresh)
                returning h.change_seq
            ), c as (
                update chatkeep.chat
                set change_seq = head.change_seq,
                    updated_at = :now,
                    title = coalesce(title, :title),
                    path[array_length(path, 1)][3] = :last + (select count(*) from fresh),
                    stored_messages = stored_messages + (select count(*) from fresh)
                from head
                where user_id = :user and id = :chat
            ), titled as (
                %s
                from head where :is_titling
                %s
            ), stored as (
                insert into chatkeep.message (user_id, chat_id, branch, pos, id, role, status, parts,
                    attachments, metadata, source, created_at)
                select :user, :chat, :branch, :last + nth, id, role, 'complete', parts, attachments,
                    metadata, 'client', :now
                from fresh
            )
            select (select count(*) from fresh) as stored,
                exists (select from known where not is_same) as is_taken,
                exists (select from answering) as is_answered
            """.formatted(Titles.INSERT, Titles.UPSERT);

    private final Database database;
    private final Branches branches;
    private final InstantSource clock;

    MessageWrites(Database database, InstantSource clock) {
        this.database = database;
        this.branches = new Branches(database);
        this.clock = clock;
    }

    int append(UUID userId, String chatId, List<NewMessage> messages) {
        Ids.check("chatId", chatId);
        MessageInput.checkList("messages", messages);
        String given = NewMessage.list(messages);
        return database.inTransaction(() -> {
            LockedChat chat = lockLive(userId, chatId);
            Optional<String> title = chat.isTitled() ? Optional.empty() : title(messages);
            return database.sql(APPEND)
                    .param("user", userId)
                    .param("chat", chatId)
                    .param("given", given)
                    .param("branch", chat.path().tip().branch())
                    .param("last", chat.path().tip().last())
                    .param("title", title.orElse(null))
                    .param("is_titling", title.isPresent())
                    .params(Titles.parameters(userId, title.orElse(null)))
                    .param("now", Rows.time(clock.instant()))
                    .query((row, n) -> {
                        if (row.getBoolean("is_answered")) {
                            throw beingAnswered();
                        }
                        if (row.getBoolean("is_taken")) {
                            throw new Conflict(
                                    "message_id_taken",
                                    "This chat has a message of the same id with other parts or another role.");
                        }
                        return row.getInt("stored");
                    })
                    .single();
        });
    }

    private static Optional<String> title(List<NewMessage> messages) {
        return messages.stream()
                .filter(message -> message.role() == Role.USER)
                .findFirst()
                .flatMap(message -> Titles.of(message.text()));
    }

    private record Place(int branch, int pos) {}

    void delete(UUID userId, String chatId, String messageId) {
        Ids.check("chatId", chatId);
        Ids.check("messageId", messageId);
        database.inTransaction(() -> {
            LockedChat chat = lock(userId, chatId);
            List<Place> places = database.sql("""
                    select branch, pos
                    from chatkeep.message
                    where user_id = :user and chat_id = :chat and id = :message
                    order by branch desc
                    """)
                    .param("user", userId)
                    .param("chat", chatId)
                    .param("message", messageId)
                    .query((row, n) -> new Place(row.getInt("branch"), row.getInt("pos")))
                    .list();
            if (places.isEmpty()) {
                throw NotFound.message();
            }
            Place place = places.stream()
                    .filter(candidate -> chat.path().shows(candidate.branch(), candidate.pos()))
                    .findFirst()
                    .orElse(places.getFirst());
            Path path = chat.path().without(place.branch(), place.pos()).checked();
            branches.forget(userId, chatId, chat.path(), place.branch(), place.pos());
            return remove(userId, chatId, path, place);
        });
    }

    int deleteAll(UUID userId, String chatId) {
        Ids.check("chatId", chatId);
        return database.inTransaction(() -> {
            lock(userId, chatId);
            branches.forgetAll(userId, chatId);
            return remove(userId, chatId, Path.EMPTY, null);
        });
    }

    /// Deletes the message at `place`, or all, with the runs that asked or wrote them: their turns may be asked
    /// anew.
    private int remove(UUID userId, String chatId, Path path, @Nullable Place place) {
        // Which is meant is part of the text: a plan for both would read the whole chat for one message.
        boolean isAll = place == null;
        return database.sql("""
                with gone as (
                    delete from chatkeep.message
                    where user_id = :user and chat_id = :chat %s
                    returning branch, pos
                ), forgotten as (
                    delete from chatkeep.run
                    where user_id = :user and chat_id = :chat %s
                ), head as (
                    update chatkeep.user_head h
                    set change_seq = h.change_seq + 1, messages = h.messages - (select count(*) from gone)
                    where h.user_id = :user and exists (select from gone)
                    returning h.change_seq
                ), c as (
                    update chatkeep.chat
                    set change_seq = head.change_seq,
                        updated_at = :now,
                        path = :path::int[],
                        branches = case when :all then 1 else branches end,
                        stored_messages = stored_messages - (select count(*) from gone)
                    from head
                    where user_id = :user and id = :chat
                )
                select count(*)::int from gone
                """.formatted(
                                isAll ? "" : "and branch = :branch and pos = :pos",
                                isAll ? "" : "and branch = :branch and pos in (:pos, :pos + 1)"))
                .param("user", userId)
                .param("chat", chatId)
                .param("all", isAll)
                .param("branch", place == null ? 0 : place.branch())
                .param("pos", place == null ? 0 : place.pos())
                .param("path", path.literal())
                .param("now", Rows.time(clock.instant()))
                .query(Integer.class)
                .single();
    }

    private record LockedChat(boolean isDeleted, boolean isTitled, Path path) {}

    /// Locks a chat that nobody answers.
    private LockedChat lock(UUID userId, String chatId) {
        LockedChat chat = lockLive(userId, chatId);
        refuseWhileAnswered(userId, chatId);
        return chat;
    }

    private LockedChat lockLive(UUID userId, String chatId) {
        LockedChat chat = database.sql("""
                select is_deleted, title is not null as is_titled, path
                from chatkeep.chat
                where user_id = :user and id = :chat
                for update
                """)
                .param("user", userId)
                .param("chat", chatId)
                .query((row, n) -> new LockedChat(
                        row.getBoolean("is_deleted"), row.getBoolean("is_titled"), Path.of(Rows.matrix(row, "path"))))
                .optional()
                .orElseThrow(NotFound::chat);
        if (chat.isDeleted()) {
            throw Gone.chat(chatId);
        }
        return chat;
    }

    private void refuseWhileAnswered(UUID userId, String chatId) {
        boolean busy = database.sql("""
                select exists (
                    select from chatkeep.run where user_id = :user and chat_id = :chat and status = 'streaming')
                """)
                .param("user", userId)
                .param("chat", chatId)
                .query(Boolean.class)
                .single();
        if (busy) {
            throw beingAnswered();
        }
    }

    private static Conflict beingAnswered() {
        return new Conflict("run_active", "This chat is being answered. Wait until the answer has ended.");
    }
}
