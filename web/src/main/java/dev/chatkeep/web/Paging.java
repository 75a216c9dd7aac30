package dev.chatkeep.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.chatkeep.ChatkeepException.Invalid;
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
                number(names.limit(), limit, defaultLimit, 1, MOST_ROWS, ""),
                number(names.offset(), offset, 0, 0, FURTHEST_OFFSET, " Go further with " + names.cursor() + "."));
    }

    /// This page of a history.
    History.Page of(@Nullable String order, String cursorName, @Nullable String cursor) {
        MessageCursor after = cursor == null ? null : MessageCursor.decode(cursorName, cursor);
        return new History.Page(limit, offset, Words.newestFirst(order), after);
    }

    record Names(String limit, String offset, String cursor) {}

    private static int number(String field, @Nullable String text, int absent, int least, int most, String hint) {
        if (text == null) {
            return absent;
        }
        try {
            int number = Integer.parseInt(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            throw invalid(field, least, most, hint, notANumber);
        }
        throw invalid(field, least, most, hint, null);
    }

    private static Invalid invalid(
            String field, int least, int most, String hint, @Nullable NumberFormatException cause) {
        Invalid invalid = Invalid.field(field, "A whole number from " + least + " to " + most + "." + hint);
        if (cause != null) {
            invalid.initCause(cause);
        }
        return invalid;
    }
}
