package dev.chatkeep.chat;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.TextInput;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Which of a user's chats are meant; null filters nothing.
///
/// @param search words of the title, each whole or the beginning of one; accents and case do not matter
/// @param from chats changed at this time or later
/// @param to chats changed before this time
public record ChatFilter(
        Status status,
        @Nullable String search,
        @Nullable String modelId,
        @Nullable Visibility visibility,
        @Nullable Instant from,
        @Nullable Instant to) {

    private static final Instant END_OF_TIME = Instant.parse("9999-01-01T00:00:00Z");

    /// @throws Invalid naming the field for text that is none, or a time that PostgreSQL does not have
    public ChatFilter {
        if (search != null) {
            TextInput.check("search", search);
        }
        if (modelId != null) {
            TextInput.check("modelId", modelId);
        }
        check("from", from);
        check("to", to);
    }

    private static void check(String field, @Nullable Instant time) {
        if (time != null && (time.isBefore(Instant.EPOCH) || time.isAfter(END_OF_TIME))) {
            throw Invalid.field(field, "A time from 1970 to 9999.");
        }
    }

    /// Where a chat is. It also says what a list of them is ordered by.
    public enum Status {
        /// Not in the trash; the one changed last first.
        ACTIVE,
        /// In the trash; the one deleted last first.
        DELETED,
        /// Either; the one created last first.
        ALL
    }

    /// All chats that are not in the trash.
    public static final ChatFilter NONE = of(Status.ACTIVE);

    public static ChatFilter of(Status status) {
        return new ChatFilter(status, null, null, null, null, null);
    }

    /// Chats that are not in the trash and changed at this time or later.
    public static ChatFilter since(Instant from) {
        return new ChatFilter(Status.ACTIVE, null, null, null, from, null);
    }

    /// Chats that are not in the trash and have these words in their title.
    public static ChatFilter titled(String search) {
        return new ChatFilter(Status.ACTIVE, search, null, null, null, null);
    }

    /// Whether the user's counters already tell how many there are.
    boolean isCounted() {
        return search == null && modelId == null && visibility == null && from == null && to == null;
    }
}
