package dev.chatkeep.message;

import dev.chatkeep.chat.Chat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A chat and one page of its shown messages.
///
/// @param total how many messages the shown branch has
/// @param previous where the older messages end, as [Order#LAST] pages go on; null when there are none, and on
///     other pages
/// @param next where the next page begins; null on the last one
/// @param isCut whether it has fewer messages than were asked for and there are, since they are large
public record History(
        Chat chat,
        List<Message> messages,
        long total,
        @Nullable MessageCursor previous,
        @Nullable MessageCursor next,
        boolean isCut) {

    public History {
        messages = List.copyOf(messages);
    }

    public Optional<MessageCursor> previousCursor() {
        return Optional.ofNullable(previous);
    }

    public Optional<MessageCursor> nextCursor() {
        return Optional.ofNullable(next);
    }

    /// In which order messages are, and from which end a page is counted.
    public enum Order {
        /// From the oldest on; a cursor goes on to newer ones.
        OLDEST_FIRST,
        /// From the newest on; a cursor goes on to older ones.
        NEWEST_FIRST,
        /// The newest ones, or those before a cursor, in reading order: oldest first.
        LAST
    }

    /// Which page is meant.
    ///
    /// @param limit messages on it, at least 1
    /// @param offset messages to skip, behind the cursor if there is one
    /// @param after the cursor of another page, or null
    public record Page(
            int limit, int offset, Order order, @Nullable MessageCursor after) {

        public Page(int limit, int offset, boolean newestFirst, @Nullable MessageCursor after) {
            this(limit, offset, newestFirst ? Order.NEWEST_FIRST : Order.OLDEST_FIRST, after);
        }

        /// The oldest messages.
        public static Page oldest(int limit) {
            return new Page(limit, 0, Order.OLDEST_FIRST, null);
        }

        /// The newest messages, the newest first.
        public static Page newest(int limit) {
            return new Page(limit, 0, Order.NEWEST_FIRST, null);
        }

        /// The newest messages, in reading order.
        public static Page last(int limit) {
            return new Page(limit, 0, Order.LAST, null);
        }
    }
}
