package dev.chatkeep.run;

import dev.chatkeep.ChatkeepException;
import dev.chatkeep.Ids;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.SqlErrors;
import dev.chatkeep.message.Messages;
import dev.chatkeep.message.Status;
import dev.chatkeep.run.RunEnds.Ending;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataIntegrityViolationException;

/// The answers that are being written on this node. Thread-safe.
public final class Replies implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Replies.class);
    private static final int MOST_AT_ONCE = 5_000;
    private static final int MAX_STOPS = 3;

    /// Answers may hold a sixth of the memory. What is made of them at their end is several times that.
    private static final int ANSWERS_SHARE_OF_MEMORY = 6;

    private static final Duration STORE_PAUSE = Duration.ofSeconds(1);
    private static final Duration BIRTH_CHECK = Duration.ofMillis(20);
    private static final int BIRTH_CHECKS = 25;
    private static final Duration FOLD_PATIENCE = Duration.ofSeconds(5);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(3);
    private static final Duration STOP_CHECK = Duration.ofMillis(30);

    private final RunBegins begins;
    private final Runs runs;
    private final RunEnds ends;
    private final RunLog runLog;
    private final RunSignals signals;
    private final RunWriter writer;
    private final Mirrors mirrors;
    private final Messages messages;
    private final Prompts prompts;
    private final Retelling retelling;
    private final InstantSource clock;
    private final UUID nodeId;
    private final AnswerRoom room;
    private final Database database;
    private final ReplyStart start;
    private final Map<UUID, Reply> live = new ConcurrentHashMap<>();
    private volatile boolean closing;
    private volatile boolean closed;

    /// @param maxAnswerBytes the most that an answer holds, in bytes of its parts as JSON; one that reaches it
    ///     ends as if the model had reached its own limit
    /// @param alone that no other node can be on this database
    /// @param hasOthers whether there is one now
    public Replies(
            Database database,
            Messages messages,
            RunBegins begins,
            Runs runs,
            RunEnds ends,
            InstantSource clock,
            UUID nodeId,
            boolean alone,
            BooleanSupplier hasOthers,
            long maxAnswerBytes) {
        this.room = new AnswerRoom(maxAnswerBytes, Runtime.getRuntime().maxMemory() / ANSWERS_SHARE_OF_MEMORY);
        this.database = database;
        this.begins = begins;
        this.runs = runs;
        this.ends = ends;
        this.messages = messages;
        this.prompts = new Prompts(messages);
        this.retelling = new Retelling(messages, Runtime.getRuntime().maxMemory());
        this.clock = clock;
        this.nodeId = nodeId;
        this.runLog = new RunLog(database);
        this.mirrors = new Mirrors(runLog, messages);
        this.signals = new RunSignals(database, alone, hasOthers, mirrors::more, this::stopHere);
        this.writer = new RunWriter(runLog, signals, live::values, this::stopIfGone);
        this.start = new ReplyStart(database, runs, live, writer::wake);
    }

    /// What answers a turn: the ids the client needs to know, and everything the answer says, to be read once.
    public record Answer(String chatId, String messageId, ReplyLog.Reader reader) {}

    /// Stores the question and begins to answer it; or, when this turn was asked before, finds the answer that
    /// is being written or was written. When it returns, the question is committed.
    ///
    /// In a transaction of the caller's the question is part of it, and the model is asked once it is
    /// committed: when it is rolled back, nothing was asked, and the reader finds a failure and the end. Read
    /// the answer after the commit; a read before it, on the thread of the transaction, would wait for itself
    /// and throws `IllegalStateException`. Until the end of the transaction all turns of this user wait for it.
    /// An answer that is in the way is not stopped there, since its end would wait for the transaction as well:
    /// the turn is refused, and goes through once that answer was stopped before.
    ///
    /// A refusal, or a failure, leaves the caller's transaction as it was.
    ///
    /// @throws ChatkeepException.Unauthenticated when there is no such user
    /// @throws ChatkeepException.Gone when the chat lies in the trash
    /// @throws ChatkeepException.Conflict when the chat is busy with another answer
    /// @throws ChatkeepException.PaymentRequired when no free message is left and nothing is paid for it
    /// @throws ChatkeepException.Unavailable when this node takes no more answers now
    public Answer answer(Turn turn) {
        if (closing || live.size() >= MOST_AT_ONCE) {
            throw new ChatkeepException.Unavailable(
                    "busy", "This server takes no more answers right now.", Duration.ofSeconds(2));
        }
        RunBegins.Begun begun = begin(turn);
        ReplyLog.Reader reader = begun.isNew() ? start(turn, begun) : known(begun.run());
        return new Answer(turn.chatId(), begun.run().messageId(), reader);
    }

    /// Stops the answer that is in the way, if it is to be stopped. Another one may come in between.
    private RunBegins.Begun begin(Turn turn) {
        Json metadata = Json.of(AnswerMetadata.begun(turn));
        RunBegins.Beginning beginning = begin(turn, metadata, null);
        for (int i = 0; i < MAX_STOPS && beginning instanceof RunBegins.Occupied(Run run); i++) {
            requestStop(run);
            awaitEnd(run);
            beginning = begin(turn, metadata, run);
        }
        return switch (beginning) {
            case RunBegins.Begun begun -> begun;
            case RunBegins.Occupied(Run run) -> throw ChatkeepException.Conflict.runActive(run.id());
        };
    }

    /// A turn may be refused when the row of its new chat is written. In a transaction of the caller's nothing
    /// is stopped for it: what ends would wait for this transaction.
    private RunBegins.Beginning begin(Turn turn, Json metadata, @Nullable Run stopped) {
        boolean isCallers = database.isInTransaction();
        try {
            return database.inNestedTransaction(() -> {
                RunBegins.Beginning beginning = begins.begin(turn, metadata, stopped);
                if (isCallers && beginning instanceof RunBegins.Occupied(Run run)) {
                    throw ChatkeepException.Conflict.runActive(run.id());
                }
                return beginning;
            });
        } catch (DataIntegrityViolationException failure) {
            if (SqlErrors.isOrphan(failure)) {
                throw ChatkeepException.Unauthenticated.noUser();
            }
            throw failure;
        }
    }

    /// The answer to a turn that was asked before, being written or written; empty for one that was not, or
    /// that has other words.
    public Optional<Answer> find(Turn turn) {
        return begins.find(turn).map(run -> new Answer(turn.chatId(), run.messageId(), known(run)));
    }

    /// The answer that is being written at the end of what this chat shows, on whichever node: what it has said
    /// until now, then what it says. Empty when there is none, or no such chat.
    public Optional<Answer> resume(UUID userId, String chatId) {
        Ids.check("chatId", chatId);
        try {
            return runs.active(userId, chatId).stream()
                    .filter(Runs.Active::isShown)
                    .map(active -> new Answer(chatId, active.run().messageId(), known(active.run())))
                    .findFirst();
        } catch (ChatkeepException.NotFound missing) {
            LOG.debug("nothing to resume", missing);
            return Optional.empty();
        }
    }

    /// How an answer that was stopped ended: usually `stopped`, else as it had ended already.
    public record Stopped(String messageId, Status status) {}

    /// Ends an answer that is being written in this chat, on whichever node. When it returns, the model is no
    /// longer asked, and what was said is stored. Empty when there is none.
    ///
    /// Not for a transaction that has changed something of this user: the end would wait for it.
    ///
    /// @param messageId of the answer; null: the shown one, else the newest
    /// @throws ChatkeepException.NotFound for a missing or foreign chat
    public Optional<Stopped> stop(UUID userId, String chatId, @Nullable String messageId) {
        Ids.check("chatId", chatId);
        if (messageId != null) {
            Ids.check("messageId", messageId);
        }
        return runs.active(userId, chatId).stream()
                .map(Runs.Active::run)
                .filter(run -> messageId == null || messageId.equals(run.messageId()))
                .findFirst()
                .map(run -> {
                    requestStop(run);
                    return new Stopped(run.messageId(), awaitEnd(run));
                });
    }

    /// Asks for the end of all that is being answered in this chat, and does not wait.
    public void requestStop(UUID userId, String chatId) {
        Ids.check("chatId", chatId);
        live.values().stream()
                .filter(reply -> reply.current().userId().equals(userId))
                .filter(reply -> reply.current().chatId().equals(chatId))
                .forEach(reply -> reply.cancel(Status.STOPPED));
        try {
            runs.active(userId, chatId).forEach(active -> requestStop(active.run()));
        } catch (ChatkeepException.NotFound gone) {
            // With the chat its runs are gone, and their writer finds that out.
            LOG.debug("nothing to stop", gone);
        }
    }

    private void requestStop(Run run) {
        Reply reply = live.get(run.id());
        if (reply != null) {
            reply.cancel(Status.STOPPED);
        } else {
            runs.requestStop(run);
            signals.stop(run.id());
        }
    }

    private Status awaitEnd(Run run) {
        long deadline = System.nanoTime() + STOP_PATIENCE.toNanos();
        try {
            while (System.nanoTime() < deadline) {
                Optional<Status> status = runs.find(run).map(Run::status);
                if (status.isEmpty() || status.get() != Status.STREAMING) {
                    return status.orElse(Status.STOPPED);
                }
                Thread.sleep(STOP_CHECK);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        // Its node does not answer: the run is taken from it.
        ends.takeOver(run, Status.STOPPED);
        return runs.find(run).map(Run::status).orElse(Status.STOPPED);
    }

    /// Stops what was asked to be stopped on other nodes, should the word of it have been lost, and what is
    /// gone with its chat.
    public void obeyStops() {
        // What is not committed yet is not seen here, and not gone either.
        List<Reply> replies = live.values().stream().filter(Reply::isBegun).toList();
        if (replies.isEmpty()) {
            return;
        }
        Map<UUID, Boolean> streaming = runs.streaming(nodeId);
        for (Reply reply : replies) {
            Boolean isStopping = streaming.get(reply.current().id());
            if (isStopping == null) {
                stopIfGone(reply);
            } else if (isStopping) {
                reply.cancel(Status.STOPPED);
            }
        }
    }

    private void stopHere(UUID run) {
        Reply reply = live.get(run);
        if (reply != null) {
            reply.cancel(Status.STOPPED);
        }
    }

    /// An answer that another node took over goes on, one that it stopped, or whose chat is gone, does not.
    private void stopIfGone(Reply reply) {
        if (runs.find(reply.current()).map(Run::status).orElse(Status.STOPPED) == Status.STOPPED) {
            reply.cancel(Status.STOPPED);
        }
    }

    /// Forgets what ended answers said while they were written.
    public void emptyLog() {
        runLog.empty();
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
        closed = true;
        writer.close();
        mirrors.close();
        signals.close();
    }

    @Override
    public void close() {
        close(Duration.ZERO);
    }

    private ReplyLog.Reader start(Turn turn, RunBegins.Begun begun) {
        Run run = begun.run();
        Reply reply = new Reply(
                turn, run, begun.path(), prompts, ends(), room.open(), after -> runLog.behind(run, after), clock);
        ReplyLog.Reader reader = reply.follow();
        start.afterCommit(reply);
        return reader;
    }

    /// Whether this node is writing the run of this id.
    public boolean isWriting(UUID runId) {
        return live.containsKey(runId);
    }

    private ReplyLog.Reader known(Run run) {
        Reply reply = run.nodeId().equals(nodeId) ? awaitLive(run) : null;
        if (reply != null) {
            return reply.follow();
        }
        return retelling.of(run, () -> mirrors.follow(run));
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

    private Reply.AnswerEnds ends() {
        return new Reply.AnswerEnds() {
            @Override
            public boolean store(Run run, Ending ending) throws InterruptedException {
                return Replies.this.store(run, ending);
            }

            @Override
            public boolean write(Run run, ReplyLog.Pending said) {
                return ends.write(run, said);
            }

            @Override
            public List<RunEvent> endOf(Run run) {
                return Replay.end(messages.at(run.userId(), run.chatId(), run.branch(), run.pos()));
            }
        };
    }

    /// Stores an answer's end; while the database is away it tries again, for as long as this node waits for
    /// its answers. To give up earlier would lose the answer and leave its run streaming.
    private boolean store(Run run, Ending ending) throws InterruptedException {
        while (true) {
            try {
                return ends.end(run, ending) || ends.complete(run, ending);
            } catch (RuntimeException failure) {
                if (!SqlErrors.isUnavailable(failure) || closed) {
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
