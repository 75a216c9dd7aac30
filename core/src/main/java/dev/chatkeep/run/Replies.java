package dev.chatkeep.run;

import dev.chatkeep.ChatkeepException;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.SqlErrors;
import dev.chatkeep.message.Message;
import dev.chatkeep.message.Messages;
import dev.chatkeep.message.Status;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The answers that are being written on this node. Thread-safe.
public final class Replies implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Replies.class);
    private static final int MOST_AT_ONCE = 5_000;
    private static final Duration STORE_PAUSE = Duration.ofSeconds(1);
    private static final Duration BIRTH_CHECK = Duration.ofMillis(20);
    private static final int BIRTH_CHECKS = 25;
    private static final Duration FOLD_PATIENCE = Duration.ofSeconds(5);

    private final Runs runs;
    private final Messages messages;
    private final Prompts prompts;
    private final InstantSource clock;
    private final Map<UUID, Reply> live = new ConcurrentHashMap<>();
    private volatile boolean closing;

    public Replies(Runs runs, Messages messages, InstantSource clock) {
        this.runs = runs;
        this.messages = messages;
        this.prompts = new Prompts(messages);
        this.clock = clock;
    }

    /// What answers a turn: the ids the client needs to know, and everything the answer says.
    public record Answer(String chatId, String messageId, ReplyLog log) {}

    /// Stores the question and begins to answer it; or, when this turn was asked before, finds the answer that
    /// is being written or was written. When it returns, the question is committed.
    ///
    /// @throws ChatkeepException.Gone when the chat lies in the trash
    /// @throws ChatkeepException.Conflict when the chat is busy with another answer
    /// @throws ChatkeepException.PaymentRequired when no free message is left and nothing is paid for it
    /// @throws ChatkeepException.Unavailable when this node takes no more answers now
    public Answer answer(Turn turn) {
        if (closing || live.size() >= MOST_AT_ONCE) {
            throw new ChatkeepException.Unavailable(
                    "busy", "This server takes no more answers right now.", Duration.ofSeconds(2));
        }
        Runs.Begun begun = runs.begin(turn, Json.of(Reply.metadata(turn)));
        ReplyLog log = begun.isNew() ? start(turn, begun.run()) : known(begun.run());
        return new Answer(turn.chatId(), begun.run().messageId(), log);
    }

    /// The answer to a turn that was asked before, being written or written; empty for one that was not, or that
    /// has other words.
    public Optional<Answer> find(Turn turn) {
        return runs.find(turn).map(run -> new Answer(turn.chatId(), run.messageId(), known(run)));
    }

    /// Ends the answer that this node is writing in this chat, if any; what was said is kept as `stopped`.
    public void stop(UUID userId, String chatId) {
        for (Reply reply : live.values()) {
            if (reply.current().userId().equals(userId)
                    && reply.current().chatId().equals(chatId)) {
                reply.cancel(Status.STOPPED);
            }
        }
    }

    /// Ends whatever this node is answering to this user.
    public void stopAll(UUID userId) {
        live.values().stream()
                .filter(reply -> reply.current().userId().equals(userId))
                .forEach(reply -> reply.cancel(Status.STOPPED));
    }

    /// Takes no more turns, lets the answers that are being written end within `patience`, and stores the rest
    /// as interrupted.
    public void close(Duration patience) {
        closing = true;
        awaitAll(patience);
        live.values().forEach(reply -> reply.cancel(Status.INTERRUPTED));
        awaitAll(FOLD_PATIENCE);
    }

    @Override
    public void close() {
        close(Duration.ZERO);
    }

    private ReplyLog start(Turn turn, Run run) {
        Reply reply = new Reply(turn, run, prompts, this::store, clock);
        live.put(run.id(), reply);
        Thread.ofVirtual().name("run-" + run.id()).start(() -> {
            try {
                reply.run();
            } finally {
                live.remove(run.id());
            }
        });
        return reply.log();
    }

    /// Whether this node is writing the run of this id.
    public boolean isWriting(UUID runId) {
        return live.containsKey(runId);
    }

    private ReplyLog known(Run run) {
        Reply reply = awaitLive(run);
        if (reply != null) {
            return reply.log();
        }
        Message message = messages.at(run.userId(), run.chatId(), run.branch(), run.pos())
                .orElseThrow(ChatkeepException.NotFound::chat);
        if (message.status() == Status.STREAMING) {
            throw new ChatkeepException.Conflict(
                    "run_active", "This message is being answered by run " + run.id() + " on another server.");
        }
        return ReplyLog.of(Replay.of(message));
    }

    /// The reply that writes this run here, if any. One whose turn was committed a moment ago may not be known
    /// yet.
    private @Nullable Reply awaitLive(Run run) {
        Reply reply = live.get(run.id());
        try {
            for (int i = 0; reply == null && run.status() == Status.STREAMING && i < BIRTH_CHECKS; i++) {
                Thread.sleep(BIRTH_CHECK);
                reply = live.get(run.id());
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        return reply;
    }

    /// Stores an answer's end; while the database is away it tries again, for as long as this node takes turns.
    /// To give up earlier would lose the answer and leave its run streaming.
    private boolean store(Run run, Status status, Json parts, Json metadata) throws InterruptedException {
        while (true) {
            try {
                return runs.end(run, status, parts, metadata);
            } catch (RuntimeException failure) {
                if (!SqlErrors.isUnavailable(failure) || closing) {
                    throw failure;
                }
                LOG.warn("the end of run {} could not be stored yet: {}", run.id(), failure.getMessage());
                Thread.sleep(STORE_PAUSE);
            }
        }
    }

    private void awaitAll(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        try {
            for (Reply reply : List.copyOf(live.values())) {
                if (!reply.awaitEnd(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
                    return;
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
