package dev.chatkeep.run;

import dev.chatkeep.db.Database;
import dev.chatkeep.message.Status;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Begins answers, each on a thread of its own, once the transaction that stores the question is committed.
final class ReplyStart {

    private static final Logger LOG = LoggerFactory.getLogger(ReplyStart.class);
    private static final String NOT_STORED = "The question was not stored, so it was not answered.";
    private static final String PERHAPS_STORED =
            "It is not known whether the question was stored, so it was not answered. Load the chat again.";

    private final Database database;
    private final Runs runs;
    private final Map<UUID, Reply> live;
    private final Runnable onBegin;

    /// @param live the answers of this node: from now on until they have ended
    /// @param onBegin is called when there is one to write
    ReplyStart(Database database, Runs runs, Map<UUID, Reply> live, Runnable onBegin) {
        this.database = database;
        this.runs = runs;
        this.live = live;
        this.onBegin = onBegin;
    }

    /// Begins this answer after the caller's transaction; at once when there is none. Rolled back, it is withdrawn.
    void afterCommit(Reply reply) {
        UUID id = reply.current().id();
        live.put(id, reply);
        database.afterCompletion(outcome -> {
            switch (outcome) {
                case COMMITTED -> onOwnThread(reply, reply);
                case UNKNOWN -> onOwnThread(reply, () -> runIfStored(reply));
                case ROLLED_BACK -> {
                    live.remove(id);
                    reply.withdraw(NOT_STORED);
                }
            }
        });
    }

    private void onOwnThread(Reply reply, Runnable work) {
        UUID id = reply.current().id();
        reply.begin();
        onBegin.run();
        Thread.ofVirtual().name("run-" + id).start(() -> {
            try {
                work.run();
            } finally {
                live.remove(id);
            }
        });
    }

    /// When it cannot be known now, the run, if there is one, is ended as one that nobody writes.
    private void runIfStored(Reply reply) {
        try {
            boolean isStored = runs.find(reply.current())
                    .filter(run -> run.status() == Status.STREAMING)
                    .isPresent();
            if (!isStored) {
                reply.withdraw(NOT_STORED);
                return;
            }
        } catch (RuntimeException away) {
            LOG.warn("run {} is not begun: {}", reply.current().id(), away.getMessage());
            reply.withdraw(PERHAPS_STORED);
            return;
        }
        reply.run();
    }
}
