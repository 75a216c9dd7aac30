package dev.chatkeep.message;

import dev.chatkeep.ChatkeepException.Gone;
import dev.chatkeep.ChatkeepException.NotFound;
import dev.chatkeep.Ids;
import dev.chatkeep.PageInput;
import dev.chatkeep.chat.Chat;
import dev.chatkeep.chat.Path;
import dev.chatkeep.db.Database;
import dev.chatkeep.message.History.Order;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Messages as they are read. Every statement goes through the user's id and the chat's.
///
/// What a chat shows is its `path`: a few segments (branch, first pos, last pos) along which pos only grows. A
/// page is one range of the primary key per segment, so its cost depends on the page and not on the chat.
public final class Messages {

    /// The shown segments, with how many messages are shown before each. `unnest` and not
    /// `generate_subscripts`, of which the planner expects 1,000 rows and then plans each call anew.
    private static final String SEGMENTS = """
            c as (
                select * from chatkeep.chat where user_id = :user and id = :chat
            ), segment as (
                select branch, first, last, sum(last - first + 1) over (order by first) - (last - first + 1) as before
                from c, unnest(c.path[\\:][1\\:1], c.path[\\:][2\\:2], c.path[\\:][3\\:3]) as s (branch, first, last)
            )""";

    /// A page ends with the message that brings it to as many bytes of parts, before its limit of messages: a
    /// page of the largest ones would take the memory of everybody else.
    static final int MAX_PAGE_BYTES = 8 << 20;

    private static final String HISTORY = """
            with %s, page as (
                select total,
                    case when :newest then total - skip - :limit else skip end as above,
                    case when :newest then total - skip else skip + :limit end as upto
                from (
                    select coalesce(sum(last - first + 1), 0)::bigint as total,
                        :offset::bigint + case
                            when :after < 0 then 0
                            when :newest then coalesce(sum(last - first + 1) filter (where last >= :after), 0)
                                - coalesce(sum(:after - first) filter (where :after between first and last), 0)
                            else coalesce(sum(least(last, :after) - first + 1) filter (where first <= :after), 0)
                        end as skip
                    from segment
                ) t
            )
            select %s, %s, m.total, m.above, m.upto, m.m_row
            from (
                select page.*, r.*,
                    sum(r.bytes) over (order by r.m_row > 0, case when :newest then -r.m_row else r.m_row end) - r.bytes
                        as bytes_before
                from page cross join lateral (
                    select 0 as m_row, (null::chatkeep.message).*
                    union all
                    select s.pos, s.*
                    from segment, lateral (
                        select *
                        from chatkeep.message
                        where user_id = :user and chat_id = :chat and branch = segment.branch
                            and pos >= segment.first + greatest(page.above - segment.before, 0)
                            and pos <= least(segment.last, segment.first + page.upto - segment.before - 1)
                        order by branch, pos
                        limit :limit
                    ) s
                    where not (select is_deleted from c)
                ) r
            ) m
            left join c on m.m_row = 0
            where m.m_row = 0 or m.bytes_before < %d
            order by m.m_row > 0, case when :newest then -m.m_row else m.m_row end
            """.formatted(SEGMENTS, Chat.COLUMNS, Message.COLUMNS, MAX_PAGE_BYTES);

    private final Database database;
    private final MessageWrites writes;

    public Messages(Database database, InstantSource clock) {
        this.database = database;
        this.writes = new MessageWrites(database, clock);
    }

    /// The chat and a page of its shown messages. The first row is the chat, which may carry 64 KiB of
    /// context and must not come with every message.
    ///
    /// @throws NotFound for a missing or foreign chat
    /// @throws Gone for one in the trash
    public History history(UUID userId, String chatId, History.Page wanted) {
        Ids.check("chatId", chatId);
        PageInput.check(wanted.limit(), wanted.offset());
        return database.sql(HISTORY)
                .param("user", userId)
                .param("chat", chatId)
                .param("newest", wanted.order() != Order.OLDEST_FIRST)
                .param("offset", wanted.offset())
                .param("limit", wanted.limit())
                .param("after", wanted.after() == null ? -1 : wanted.after().pos())
                .query(row -> {
                    if (!row.next() || row.getString(1) == null) {
                        throw NotFound.chat();
                    }
                    Chat chat = Chat.read(row);
                    if (chat.isDeleted()) {
                        throw Gone.chat(chatId);
                    }
                    long total = row.getLong("total");
                    long above = Math.max(row.getLong("above"), 0);
                    long upto = Math.min(row.getLong("upto"), total);
                    var page = new ArrayList<Placed>();
                    while (row.next()) {
                        page.add(new Placed(row.getInt("m_row"), Message.read(row, Chat.NEXT_COLUMN)));
                    }
                    return history(wanted.order(), chat, page, total, above, upto);
                });
    }

    /// @param page as it was counted, from the oldest or from the newest message on
    /// @param above how many shown messages stand before those that were asked for
    /// @param upto how many stand before their end
    private static History history(Order order, Chat chat, List<Placed> page, long total, long above, long upto) {
        List<Message> messages = page.stream().map(Placed::message).toList();
        if (page.isEmpty()) {
            return new History(chat, messages, total, null, null, false);
        }
        boolean isCut = page.size() < upto - above;
        boolean hasOlder = above > 0 || (isCut && order != Order.OLDEST_FIRST);
        boolean hasNewer = upto < total || (isCut && order == Order.OLDEST_FIRST);
        MessageCursor first = new MessageCursor(page.getFirst().pos());
        MessageCursor last = new MessageCursor(page.getLast().pos());
        return switch (order) {
            case OLDEST_FIRST -> new History(chat, messages, total, null, hasNewer ? last : null, isCut);
            case NEWEST_FIRST -> new History(chat, messages, total, null, hasOlder ? last : null, isCut);
            case LAST ->
                new History(chat, messages.reversed(), total, hasOlder ? last : null, hasNewer ? first : null, isCut);
        };
    }

    /// A shown message and its place.
    public record Placed(int pos, Message message) {}

    /// The newest finished messages before `pos` along this path, newest first: at most `rows` of them, and
    /// none after those whose parts already have `bytes` bytes of JSON.
    public List<Placed> newestBefore(UUID userId, String chatId, Path path, int pos, int rows, long bytes) {
        return database.sql("""
                select %s, m.pos
                from (
                    select newest.*, sum(bytes) over (order by pos desc) - bytes
                        as bytes_after
                    from (
                        select s.*
                        from (select :path::int[] as path) p,
                            unnest(path[\\:][1\\:1], path[\\:][2\\:2], path[\\:][3\\:3]) as segment (branch, first, last),
                            lateral (
                                select *
                                from chatkeep.message
                                where user_id = :user and chat_id = :chat and branch = segment.branch
                                    and pos between segment.first and least(segment.last, :pos - 1)
                                order by branch desc, pos desc
                                limit :rows
                            ) s
                        order by pos desc
                        limit :rows
                    ) newest
                ) m
                where bytes_after < :bytes and status <> 'streaming'
                order by m.pos desc
                """.formatted(Message.COLUMNS))
                .param("user", userId)
                .param("chat", chatId)
                .param("path", path.literal())
                .param("pos", pos)
                .param("rows", rows)
                .param("bytes", bytes)
                .query((row, n) -> new Placed(row.getInt("pos"), Message.read(row, 1)))
                .list();
    }

    /// The message that stands at this place.
    public Optional<Message> at(UUID userId, String chatId, int branch, int pos) {
        return database.sql("""
                select %s
                from chatkeep.message m
                where user_id = :user and chat_id = :chat and branch = :branch and pos = :pos
                """.formatted(Message.COLUMNS))
                .param("user", userId)
                .param("chat", chatId)
                .param("branch", branch)
                .param("pos", pos)
                .query((row, n) -> Message.read(row, 1))
                .optional();
    }

    /// The message of this id: the one that is shown, when several branches have it.
    ///
    /// @throws NotFound for a missing message, or a missing or foreign chat
    /// @throws Gone for a chat in the trash
    public Message get(UUID userId, String chatId, String messageId) {
        Ids.check("chatId", chatId);
        Ids.check("messageId", messageId);
        return database.sql("""
                with %s
                select %s, c.is_deleted
                from c
                left join lateral (
                    select m.*
                    from chatkeep.message m
                    left join segment s on m.branch = s.branch and m.pos between s.first and s.last
                    where m.user_id = :user and m.chat_id = :chat and m.id = :message
                    order by s.branch is null, m.branch desc
                    limit 1
                ) m on not c.is_deleted
                """.formatted(SEGMENTS, Message.COLUMNS))
                .param("user", userId)
                .param("chat", chatId)
                .param("message", messageId)
                .query((row, n) -> {
                    if (row.getBoolean("is_deleted")) {
                        throw Gone.chat(chatId);
                    }
                    return row.getString("m_id") == null
                            ? Optional.<Message>empty()
                            : Optional.of(Message.read(row, 1));
                })
                .optional()
                .orElseThrow(NotFound::chat)
                .orElseThrow(NotFound::message);
    }

    /// How many messages the chat shows.
    ///
    /// @throws NotFound for a missing or foreign chat
    /// @throws Gone for one in the trash
    public long count(UUID userId, String chatId) {
        return history(userId, chatId, History.Page.newest(1)).total();
    }

    /// Writes messages at the chat's end without asking a model, all of them or none. One whose id, role and
    /// parts
    /// the chat already has is left as it is, so doing it again changes nothing. The cost does not grow with
    /// the
    /// chat.
    ///
    /// @param messages 1 to [MessageInput#AT_ONCE], no id twice
    /// @return how many were new
    /// @throws dev.chatkeep.ChatkeepException.Invalid naming the field for another list, or another kind of id
    /// @throws NotFound for a missing or foreign chat
    /// @throws Gone for one in the trash
    /// @throws dev.chatkeep.ChatkeepException.Conflict when an id is taken by other words or another role, or
    ///     the
    ///     chat is being answered
    public int append(UUID userId, String chatId, List<NewMessage> messages) {
        return writes.append(userId, chatId, messages);
    }

    /// Deletes one message: the one that is shown, when several branches have its id.
    ///
    /// @throws NotFound for a missing message, or a missing or foreign chat
    /// @throws Gone for a chat in the trash
    /// @throws dev.chatkeep.ChatkeepException.Conflict when the chat is being answered
    public void delete(UUID userId, String chatId, String messageId) {
        writes.delete(userId, chatId, messageId);
    }

    /// Deletes all messages of a chat, on every branch; the chat stays.
    ///
    /// @return how many there were
    /// @throws NotFound for a missing or foreign chat
    /// @throws Gone for one in the trash
    /// @throws dev.chatkeep.ChatkeepException.Conflict when the chat is being answered
    public int deleteAll(UUID userId, String chatId) {
        return writes.deleteAll(userId, chatId);
    }
}
