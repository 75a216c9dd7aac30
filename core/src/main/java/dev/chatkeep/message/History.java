package dev.chatkeep.message;

import dev.chatkeep.chat.Chat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A chat and one page of its shown messages.
///
/// @param total how many messages the shown branch has
/// @param next where the next page begins; null on the last one
public record History(
        Chat chat,
        List<Message> messages,
        long total,
        @Nullable MessageCursor next) {

    public History {
        messages = List.copyOf(messages);
    }

    public Optional<MessageCursor> nextCursor() {
        return Optional.ofNullable(next);
    }

    /// Which page is meant.
    ///
    /// @param limit messages on it, at least 1
    /// @param offset messages to skip, behind the cursor if there is one
    /// @param newestFirst whether the newest message comes first, and both limit and offset count from there
    /// @param after the cursor of the page before, or null
    public record Page(
            int limit,
            int offset,
            boolean newestFirst,
            @Nullable MessageCursor after) {

        /// The oldest messages.
        public static Page oldest(int limit) {
            return new Page(limit, 0, false, null);
        }

        /// The newest messages, the newest first.
        public static Page newest(int limit) {
            return new Page(limit, 0, true, null);
        }
    }
}
