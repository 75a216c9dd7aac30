package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.chat.ChatFilter;
import dev.chatkeep.chat.ChatFilter.Status;
import dev.chatkeep.chat.ChatPatch;
import dev.chatkeep.chat.Visibility;
import dev.chatkeep.db.CleanText;
import dev.chatkeep.db.VisibleText;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/// The filters of `GET /api/chats`, as they stand in the query.
record ChatFilters(
        @Nullable String search,
        @Nullable String status,
        @Nullable String modelId,
        @Nullable String visibility,
        @Nullable String from,
        @Nullable String to) {

    private static final int SEARCH_LENGTH = 200;
    private static final Instant END_OF_TIME = Instant.parse("9999-01-01T00:00:00Z");

    /// @throws Invalid naming the parameter that is wrong
    ChatFilter filter() {
        return new ChatFilter(
                statusWanted(),
                blankIsNone(bounded("search", search, SEARCH_LENGTH)),
                bounded("modelId", modelId, ChatPatch.MODEL_ID_LENGTH),
                visibilityWanted(),
                time("from", from),
                time("to", to));
    }

    private Status statusWanted() {
        return switch (status) {
            case null -> Status.ACTIVE;
            case "active" -> Status.ACTIVE;
            case "deleted" -> Status.DELETED;
            case "all" -> Status.ALL;
            default -> throw Invalid.field("status", "One of \"active\", \"deleted\" and \"all\".");
        };
    }

    private @Nullable Visibility visibilityWanted() {
        return switch (visibility) {
            case null -> null;
            case "public" -> Visibility.PUBLIC;
            case "private" -> Visibility.PRIVATE;
            default -> throw Invalid.field("visibility", "Either \"public\" or \"private\".");
        };
    }

    private static @Nullable String blankIsNone(@Nullable String text) {
        return text == null || !VisibleText.isVisible(text) ? null : text;
    }

    private static @Nullable String bounded(String field, @Nullable String text, int length) {
        if (text != null && text.codePointCount(0, text.length()) > length) {
            throw Invalid.field(field, "At most " + length + " characters.");
        }
        return text == null ? null : CleanText.of(text);
    }

    private static @Nullable Instant time(String field, @Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            Instant time = Instant.parse(text);
            if (time.isAfter(Instant.EPOCH) && time.isBefore(END_OF_TIME)) {
                return time;
            }
        } catch (DateTimeParseException unreadable) {
            throw notATime(field, unreadable);
        }
        throw notATime(field, null);
    }

    private static Invalid notATime(String field, @Nullable Exception cause) {
        Invalid invalid = Invalid.field(field, "A time such as 2026-11-23T10:15:30Z, after 1970.");
        if (cause != null) {
            invalid.initCause(cause);
        }
        return invalid;
    }
}
