package dev.chatkeep.chat;

import java.sql.ResultSet;
import java.sql.SQLException;

/// A user's totals, all from one snapshot. `totalMessages` counts every stored message of chats that are not
/// deleted, those of branches not shown included.
public record ChatStats(long totalChats, long activeChats, long deletedChats, long totalMessages) {

    static ChatStats read(ResultSet row) throws SQLException {
        long active = row.getLong("active_chats");
        long deleted = row.getLong("deleted_chats");
        return new ChatStats(active + deleted, active, deleted, row.getLong("messages"));
    }
}
