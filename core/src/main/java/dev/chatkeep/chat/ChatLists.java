package dev.chatkeep.chat;

import static java.util.Objects.requireNonNull;

import dev.chatkeep.Cursor;
import dev.chatkeep.chat.ChatFilter.Status;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import dev.chatkeep.db.Terms;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Lists of a user's chats: one statement each, whatever is filtered or searched. Without a filter the totals
/// come from the user's counters; with one they are counted up to [#COUNTED].
final class ChatLists {

    static final int COUNTED = 10_000;

    /// The hits by themselves, with the little that orders them, counted and cut to the page in one pass. The titles
    /// are searched before anything is joined ("offset 0"): else they are all read in some plans. What is searched
    /// comes by a subquery, so that a plan for any user looks no dearer than one for this user, and the user in a
    /// form that no index serves: an index of all their titles would be read beside the one of terms, which begin
    /// with their user and name few.
    private static final String SEARCH = """
            with hit as materialized (
                select c.id, c.%1$s as list_time, case
                    when starts_with(t.folded, :folded) then 2
                    when t.terms @@ :whole::tsquery then 1
                    else 0 end as rank
                from (
                    select *
                    from chatkeep.chat_title
                    where terms @@ (select :query::tsquery) and user_id is not distinct from :user
                    offset 0
                ) t
                join chatkeep.chat c on c.user_id = :user and c.id = t.chat_id
                where %2$s
            )
            select %3$s, hit.rank, h.active_chats, h.deleted_chats, h.messages,
                (select count(*) from (select from hit limit %4$d) counted) as total
            from chatkeep.user_head h
            left join lateral (
                select * from hit %5$s order by rank desc, list_time desc, id limit %6$s offset %7$s
            ) hit on true
            left join chatkeep.chat c on c.user_id = :user and c.id = hit.id
            where h.user_id = :user
            order by hit.rank desc, hit.list_time desc, hit.id
            """;

    private static final String LIST = """
            select %1$s, 0 as rank, h.active_chats, h.deleted_chats, h.messages, %2$s as total
            from chatkeep.user_head h
            left join lateral (
                select *
                from (select c.*, c.%3$s as list_time from chatkeep.chat c where %4$s) c
                %5$s
                order by list_time desc, id
                limit %6$s offset %7$s
            ) c on true
            where h.user_id = :user
            order by c.list_time desc, c.id
            """;

    private final Database database;

    ChatLists(Database database) {
        this.database = database;
    }

    ChatList list(UUID userId, ChatFilter filter, int limit, @Nullable Cursor after, int offset) {
        // Limits are part of the text: a prepared plan that does not know them sorts all of the user's chats.
        String text = filter.search() == null
                ? LIST.formatted(
                        Chat.COLUMNS,
                        total(filter),
                        time(filter.status()),
                        conditions(filter),
                        after(filter, after),
                        Integer.toString(limit + 1),
                        Integer.toString(offset))
                : SEARCH.formatted(
                        time(filter.status()),
                        conditions(filter),
                        Chat.COLUMNS,
                        COUNTED + 1,
                        after(filter, after),
                        Integer.toString(limit + 1),
                        Integer.toString(offset));
        var statement = database.sql(text);
        var rows = new ArrayList<Row>();
        return statement.params(parameters(userId, filter, after)).query(row -> {
            ChatStats stats = new ChatStats(0, 0, 0, 0);
            long total = 0;
            if (row.next()) {
                stats = ChatStats.read(row);
                total = row.getLong("total");
                // Without any chat there is one row, of counters alone.
                if (row.getString(1) != null) {
                    do {
                        rows.add(new Row(Chat.read(row), row.getInt(Chat.NEXT_COLUMN)));
                    } while (row.next());
                }
            }
            return page(rows, total, stats, filter.status(), limit);
        });
    }

    private record Row(Chat chat, int rank) {

        Cursor cursor(Status status) {
            Instant time = switch (status) {
                case ACTIVE -> chat.updatedAt();
                case DELETED -> requireNonNull(chat.deletedAt());
                case ALL -> chat.createdAt();
            };
            return new Cursor(rank, time, chat.id());
        }
    }

    private static ChatList page(List<Row> rows, long total, ChatStats stats, Status status, int limit) {
        boolean more = rows.size() > limit;
        List<Row> page = more ? rows.subList(0, limit) : rows;
        return new ChatList(
                page.stream().map(Row::chat).toList(),
                Math.min(total, Math.max(COUNTED, stats.totalChats())),
                total > COUNTED && total > stats.totalChats(),
                stats,
                more ? page.getLast().cursor(status) : null);
    }

    private static String time(Status status) {
        return switch (status) {
            case ACTIVE -> "updated_at";
            case DELETED -> "deleted_at";
            case ALL -> "created_at";
        };
    }

    /// How many there are without a search: known, or counted so far.
    private static String total(ChatFilter filter) {
        if (!filter.isCounted()) {
            return "(select count(*) from (select from chatkeep.chat c where %s limit %d) counted)"
                    .formatted(conditions(filter), COUNTED + 1);
        }
        return switch (filter.status()) {
            case ACTIVE -> "h.active_chats";
            case DELETED -> "h.deleted_chats";
            case ALL -> "h.active_chats + h.deleted_chats";
        };
    }

    /// Which of the user's chats `c` are meant, the search aside.
    private static String conditions(ChatFilter filter) {
        var conditions = new StringBuilder("c.user_id = :user");
        conditions.append(
                switch (filter.status()) {
                    case ACTIVE -> " and not c.is_deleted";
                    case DELETED -> " and c.is_deleted";
                    case ALL -> "";
                });
        if (filter.modelId() != null) {
            conditions.append(" and c.model_id = :model");
        }
        if (filter.visibility() != null) {
            conditions.append(" and c.visibility = :visibility");
        }
        if (filter.from() != null) {
            conditions.append(" and c.updated_at >= :from");
        }
        if (filter.to() != null) {
            conditions.append(" and c.updated_at < :to");
        }
        return conditions.toString();
    }

    /// Rows behind the cursor. Without a search every rank is 0, and the index serves the bound on the time.
    private static String after(ChatFilter filter, @Nullable Cursor after) {
        if (after == null) {
            return "";
        }
        String behind = "list_time <= :time and (list_time < :time or id > :id)";
        return filter.search() == null ? "where " + behind : "where rank < :rank or (rank = :rank and " + behind + ")";
    }

    private static Map<String, Object> parameters(UUID userId, ChatFilter filter, @Nullable Cursor after) {
        var parameters = new HashMap<String, Object>();
        parameters.put("user", userId);
        if (filter.search() != null) {
            parameters.put("query", Terms.query(userId, filter.search()));
            parameters.put("whole", Terms.wholeQuery(userId, filter.search()));
            parameters.put("folded", Terms.fold(filter.search()).strip());
        }
        put(parameters, "model", filter.modelId());
        put(
                parameters,
                "visibility",
                filter.visibility() == null ? null : filter.visibility().word());
        put(parameters, "from", time(filter.from()));
        put(parameters, "to", time(filter.to()));
        if (after != null) {
            parameters.put("rank", after.rank());
            parameters.put("time", Rows.time(after.time()));
            parameters.put("id", after.id());
        }
        return parameters;
    }

    private static void put(Map<String, Object> parameters, String name, @Nullable Object value) {
        if (value != null) {
            parameters.put(name, value);
        }
    }

    private static @Nullable Object time(@Nullable Instant time) {
        return time == null ? null : Rows.time(time);
    }
}
