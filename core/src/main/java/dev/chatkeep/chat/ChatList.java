package dev.chatkeep.chat;

import dev.chatkeep.Cursor;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One page of a user's chats, with the totals of the same snapshot.
///
/// @param total how many chats the whole list has
/// @param totalIsLowerBound that there are more than `total`: filtered lists are counted up to 10,000
/// @param next where the next page begins; null on the last one
public record ChatList(
        List<Chat> chats,
        long total,
        boolean totalIsLowerBound,
        ChatStats stats,
        @Nullable Cursor next) {

    public ChatList {
        chats = List.copyOf(chats);
    }

    public Optional<Cursor> nextCursor() {
        return Optional.ofNullable(next);
    }
}
