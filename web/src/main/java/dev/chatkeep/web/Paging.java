package dev.chatkeep.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.Cursor;
import dev.chatkeep.chat.ChatList;
import dev.chatkeep.message.History;
import dev.chatkeep.message.History.Order;
import dev.chatkeep.message.MessageCursor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which page is asked for, checked: 1 to [#MOST_ROWS] rows, from offset 0 to [#FURTHEST_OFFSET].
///
/// @param isLast whether the newest rows are meant, in reading order
record Paging(int limit, int offset, boolean isLast) {

    static final int MOST_ROWS = 200;
    static final int FURTHEST_OFFSET = 10_000;

    private static final String LAST = "last";

    /// What the answer says of its page.
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Pagination(
            int limit,
            int offset,
            long total,
            @Nullable Boolean totalIsLowerBound,
            @Nullable String previousCursor,
            @Nullable String nextCursor) {}

    Pagination of(ChatList list) {
        Boolean lowerBound = list.totalIsLowerBound() ? true : null;
        return new Pagination(
                limit,
                offset,
                list.total(),
                lowerBound,
                null,
                list.nextCursor().map(Cursor::encode).orElse(null));
    }

    Pagination of(History history) {
        // Who counts on by what a page says of itself misses nothing.
        int shown = history.isCut() ? history.messages().size() : limit;
        return new Pagination(
                shown,
                offset,
                history.total(),
                null,
                history.previousCursor().map(MessageCursor::encode).orElse(null),
                history.nextCursor().map(MessageCursor::encode).orElse(null));
    }

    Pagination of(long total, Optional<Cursor> next) {
        return new Pagination(
                limit, offset, total, null, null, next.map(Cursor::encode).orElse(null));
    }

    /// @param names the query parameters' own names, for errors
    static Paging of(Names names, @Nullable String limit, @Nullable String offset, int defaultLimit) {
        return new Paging(
                limit == null ? defaultLimit : Words.number(names.limit(), limit, 1, MOST_ROWS, ""),
                offset == null
                        ? 0
                        : Words.number(
                                names.offset(), offset, 0, FURTHEST_OFFSET, " Go further with " + names.cursor() + "."),
                false);
    }

    /// The same where the newest rows may be asked for in reading order.
    ///
    /// @param last how many of the newest; it says all that the other parameters would
    static Paging of(
            Names names,
            @Nullable String limit,
            @Nullable String offset,
            @Nullable String order,
            @Nullable String last,
            int defaultLimit) {
        if (last == null) {
            return of(names, limit, offset, defaultLimit);
        }
        if (limit != null || offset != null || order != null) {
            throw Invalid.field(LAST, "`last` goes with no " + names.limit() + ", " + names.offset() + " or order.");
        }
        return new Paging(Words.number(LAST, last, 1, MOST_ROWS, ""), 0, true);
    }

    /// This page of a history.
    History.Page of(@Nullable String order, String cursorName, @Nullable String cursor) {
        MessageCursor after = cursor == null ? null : MessageCursor.decode(cursorName, cursor);
        return isLast
                ? new History.Page(limit, offset, Order.LAST, after)
                : new History.Page(limit, offset, Words.newestFirst(order), after);
    }

    record Names(String limit, String offset, String cursor) {}
}
