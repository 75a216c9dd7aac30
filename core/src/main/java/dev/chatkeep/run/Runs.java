package dev.chatkeep.run;

import dev.chatkeep.ChatkeepException.NotFound;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import dev.chatkeep.message.Status;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/// The rows of runs, as they are read; [RunBegins] and [RunEnds] write them.
public final class Runs {

    /// The columns that [#read] needs, of a table or alias `r`.
    static final String COLUMNS =
            "r.user_id, r.chat_id, r.id, r.branch, r.pos, r.message_id, r.status, r.node_id, r.epoch, r.started_at";

    private final Database database;

    public Runs(Database database) {
        this.database = database;
    }

    /// A run that is writing an answer.
    ///
    /// @param isShown whether its answer is on the line that its chat shows
    record Active(Run run, boolean isShown) {}

    /// The runs that are answering in this chat, the shown one first, then the newest.
    ///
    /// @throws NotFound for a missing or foreign chat
    List<Active> active(UUID userId, String chatId) {
        return database.sql("""
                select %s, r.branch = c.path[array_length(c.path, 1)][1] as is_shown
                from chatkeep.chat c
                left join chatkeep.run r on r.user_id = :user and r.chat_id = :chat and r.status = 'streaming'
                where c.user_id = :user and c.id = :chat
                order by is_shown desc, r.started_at desc
                """.formatted(COLUMNS))
                .param("user", userId)
                .param("chat", chatId)
                .query(row -> {
                    if (!row.next()) {
                        throw NotFound.chat();
                    }
                    var active = new ArrayList<Active>();
                    do {
                        if (row.getObject("id") != null) {
                            active.add(new Active(read(row), row.getBoolean("is_shown")));
                        }
                    } while (row.next());
                    return active;
                });
    }

    /// The run as it is now; empty when it is gone.
    Optional<Run> find(Run run) {
        return database.sql("""
                select %s
                from chatkeep.run r
                where user_id = :user and chat_id = :chat and id = :run
                """.formatted(COLUMNS))
                .param("user", run.userId())
                .param("chat", run.chatId())
                .param("run", run.id())
                .query((row, n) -> read(row))
                .optional();
    }

    /// Asks the node that writes this run to stop it.
    void requestStop(Run run) {
        database.sql("""
                update chatkeep.run
                set is_stopping = true
                where user_id = :user and chat_id = :chat and id = :run and status = 'streaming'
                """)
                .param("user", run.userId())
                .param("chat", run.chatId())
                .param("run", run.id())
                .update();
    }

    /// The number behind those of this chat's turns whose keys are this one and a number. They are read as a range of
    /// keys: a prefix that is a parameter is none for an index.
    int nextNumber(UUID userId, String chatId, String key) {
        return database.sql("""
                select coalesce(max(substr(turn_key, length(:key) + 1)::int) + 1, 0)
                from chatkeep.run
                where user_id = :user and chat_id = :chat and turn_key >= :key || '0' and turn_key < :key || ':'
                """)
                .param("user", userId)
                .param("chat", chatId)
                .param("key", key)
                .query(Integer.class)
                .single();
    }

    /// The runs that a node is writing, of all users, and whether they are to be stopped.
    Map<UUID, Boolean> streaming(UUID node) {
        var streaming = new HashMap<UUID, Boolean>();
        database.sql("select id, is_stopping from chatkeep.run where node_id = :node and status = 'streaming'")
                .param("node", node)
                .query(row -> {
                    streaming.put(row.getObject("id", UUID.class), row.getBoolean("is_stopping"));
                });
        return streaming;
    }

    /// The unfinished runs of a node, of all users, as a sweep must ask; what is then done to each run names
    /// its user.
    List<Run> unfinished(UUID node) {
        return database.sql("""
                select %s
                from chatkeep.run r
                where r.node_id = :node and r.status = 'streaming'
                """.formatted(COLUMNS))
                .param("node", node)
                .query((row, n) -> read(row))
                .list();
    }

    static Run read(ResultSet row) throws SQLException {
        return new Run(
                row.getObject("user_id", UUID.class),
                row.getString("chat_id"),
                row.getObject("id", UUID.class),
                row.getInt("branch"),
                row.getInt("pos"),
                row.getString("message_id"),
                Status.of(row.getString("status")),
                row.getObject("node_id", UUID.class),
                row.getInt("epoch"),
                Rows.time(row, "started_at"));
    }
}
