package dev.chatkeep.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.chatkeep.Cursor;
import dev.chatkeep.chat.ChatList;
import dev.chatkeep.message.History;
import dev.chatkeep.message.MessageCursor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which page is asked for, checked: 1 to [#MOST_ROWS] rows, from offset 0 to [#FURTHEST_OFFSET].
record Paging(int limit, int offset) {

    static final int MOST_ROWS = 200;
    static final int FURTHEST_OFFSET = 10_000;

    /// What the answer says of its page.
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Pagination(
            int limit,
            int offset,
            long total,
            @Nullable Boolean totalIsLowerBound,
            @Nullable String nextCursor) {}

    Pagination of(ChatList list) {
        Boolean lowerBound = list.totalIsLowerBound() ? true : null;
        return new Pagination(
                limit,
                offset,
                list.total(),
                lowerBound,
                list.nextCursor().map(Cursor::encode).orElse(null));
    }

    Pagination of(History history) {
        String next = history.nextCursor().map(MessageCursor::encode).orElse(null);
        return new Pagination(limit, offset, history.total(), null, next);
    }

    Pagination of(long total, Optional<Cursor> next) {
        return new Pagination(
                limit, offset, total, null, next.map(Cursor::encode).orElse(null));
    }

    /// @param names the query parameters' own names, for errors
    static Paging of(Names names, @Nullable String limit, @Nullable String offset, int defaultLimit) {
        return new Paging(
                limit == null ? defaultLimit : Words.number(names.limit(), limit, 1, MOST_ROWS, ""),
                offset == null
                        ? 0
                        : Words.number(
                                names.offset(),
                                offset,
                                0,
                                FURTHEST_OFFSET,
                                " Go further with " + names.cursor() + "."));
    }

    /// This page of a history.
    History.Page of(@Nullable String order, String cursorName, @Nullable String cursor) {
        MessageCursor after = cursor == null ? null : MessageCursor.decode(cursorName, cursor);
        return new History.Page(limit, offset, Words.newestFirst(order), after);
    }

    record Names(String limit, String offset, String cursor) {}
}
