package dev.chatkeep.chat;

import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Empties the trash of what has lain there for long. Safe on several nodes at once: a chat is deleted by
/// whoever comes first, and one that was restored meanwhile stays.
public final class Trash {

    private static final int BATCH = 100;

    private final Database database;
    private final Chats chats;
    private final InstantSource clock;

    public Trash(Database database, Chats chats, InstantSource clock) {
        this.database = database;
        this.chats = chats;
        this.clock = clock;
    }

    private record Key(UUID userId, String chatId) {}

    /// Deletes for good what was put into the trash longer ago than `kept`, a chat a transaction.
    ///
    /// @return how many chats that were
    public int purge(Duration kept) {
        Instant since = clock.instant().minus(kept);
        int purged = 0;
        List<Key> batch;
        do {
            batch = expired(since);
            int before = purged;
            for (Key key : batch) {
                purged += chats.deletePermanently(key.userId(), key.chatId(), Optional.of(since)) ? 1 : 0;
            }
            if (purged == before) {
                break;
            }
        } while (batch.size() == BATCH);
        return purged;
    }

    /// Selects keys of all users, as a sweep must; what is then done to each chat names its user.
    private List<Key> expired(Instant since) {
        return database.sql("""
                select user_id, id
                from chatkeep.chat
                where is_deleted and deleted_at < :since
                limit :batch
                """)
                .param("since", Rows.time(since))
                .param("batch", BATCH)
                .query((row, n) -> new Key(row.getObject("user_id", UUID.class), row.getString("id")))
                .list();
    }
}
