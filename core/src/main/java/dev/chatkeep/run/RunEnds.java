package dev.chatkeep.run;

import dev.chatkeep.db.Database;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.Rows;
import dev.chatkeep.db.SqlErrors;
import dev.chatkeep.message.Status;
import dev.chatkeep.payment.Debit;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/// How a run ends: by its own writer, by another node when the writer is dead, or, when the writer was only
/// thought dead, by both. Each in one transaction that locks the chat first and decides in a second statement.
public final class RunEnds {

    private static final Logger LOG = LoggerFactory.getLogger(RunEnds.class);
    /// The most that an answer holds, unless configured.
    static final long DEFAULT_ANSWER_BYTES = 16 << 20;

    private static final int MAX_TAKE_OVERS = 3;
    private static final String BROKEN_OFF = "The answer ended here.";
    private static final String SERVER_STOPPED = "The server stopped in the middle of the answer.";

    /// All hangs on `ended`, the run's row if it was this writer's to end.
    private static final String END = """
            with ended as (
                update chatkeep.run
                set status = :status, finished_at = :now, epoch = epoch + 1, network = null
                where user_id = :user and chat_id = :chat and id = :run and epoch = :epoch and status = 'streaming'
                returning branch, pos, paid_with, payment_id, free_until
            ), tail as (
                insert into chatkeep.run_event (user_id, run_id, last, slot, lines, at)
                select :user, :run, :last, %s, :lines, now()
                from ended where :lines::text is not null
                on conflict do nothing
            ), %s, head as (
                update chatkeep.user_head h
                set change_seq = h.change_seq + 1
                from ended
                where h.user_id = :user
                returning h.change_seq
            ), c as (
                update chatkeep.chat
                set change_seq = head.change_seq,
                    updated_at = case when is_deleted then updated_at else :now end
                from head
                where user_id = :user and id = :chat
            ), m as (
                update chatkeep.message m
                set status = :status, parts = :parts::jsonb, metadata = coalesce(:metadata::jsonb, metadata),
                    error = :error,
                    payment_id = case when credited.id is null then m.payment_id end
                from ended left join credited on true
                where m.user_id = :user and m.chat_id = :chat and m.branch = ended.branch and m.pos = ended.pos
            )
            select count(*) = 1 from ended
            """.formatted(RunLog.SLOT, Debit.END);

    private final Database database;
    private final InstantSource clock;
    private final RunLog runLog;
    private final LateEnd late;
    private final long maxAnswerBytes;

    public RunEnds(Database database, InstantSource clock) {
        this(database, clock, DEFAULT_ANSWER_BYTES);
    }

    /// @param maxAnswerBytes the most that is kept of an answer, about
    public RunEnds(Database database, InstantSource clock, long maxAnswerBytes) {
        this.maxAnswerBytes = maxAnswerBytes;
        this.database = database;
        this.late = new LateEnd(database, clock);
        this.clock = clock;
        this.runLog = new RunLog(database);
    }

    /// What an answer comes to.
    ///
    /// @param isSilent whether there is nothing to see in it
    /// @param error why it failed or was interrupted, in words for its reader
    /// @param tail what it said and was not written yet, for readers on other nodes
    record Ending(
            Status status,
            Json parts,
            boolean isSilent,
            @Nullable Json metadata,
            @Nullable String error,
            ReplyLog.@Nullable Pending tail) {

        /// Of an answer that said something, and did not fail.
        Ending(Status status, Json parts, @Nullable Json metadata) {
            this(status, parts, false, metadata, null, null);
        }
    }

    /// Writes what an answer has said so far, ahead of the rest that [#end] writes.
    ///
    /// @return whether the run is still this writer's
    boolean write(Run run, ReplyLog.Pending said) {
        return runLog.append(List.of(new RunLog.Batch(run, said.last(), said.lines())))
                .isEmpty();
    }

    /// Stores the whole answer: its parts, how it ended, and that the chat changed. False when this run is no
    /// longer this writer's to end, or its chat is gone; then nothing was changed.
    boolean end(Run run, Ending ending) {
        return database.inTransaction(() -> {
            lock(run);
            return close(run, ending);
        });
    }

    /// Ends a run whose writer does not: with all that it wrote of the answer, and `status`. The writer, should
    /// it live after all, is fenced off. False when the run had ended.
    ///
    /// Each attempt is written down before it is made. When several have failed, or ended this process, the
    /// answer is ended empty: a chat must not stay locked, nor one node after the other go down with it.
    boolean takeOver(Run run, Status status) {
        int attempt = beginTakeOver(run);
        if (attempt == 0) {
            return false;
        }
        try {
            return database.inTransaction(() -> {
                lock(run);
                return close(run, attempt > MAX_TAKE_OVERS ? empty(status) : folded(run, status));
            });
        } catch (RuntimeException failure) {
            if (SqlErrors.isUnavailable(failure)) {
                withdrawTakeOver(run);
            }
            throw failure;
        }
    }

    /// @return which attempt this is; 0 when the run has ended
    private int beginTakeOver(Run run) {
        return database.sql("""
                update chatkeep.run
                set take_overs = take_overs + 1
                where user_id = :user and chat_id = :chat and id = :run and status = 'streaming'
                returning take_overs
                """)
                .param("user", run.userId())
                .param("chat", run.chatId())
                .param("run", run.id())
                .query(Integer.class)
                .optional()
                .orElse(0);
    }

    /// An attempt that failed for the database's sake says nothing about the answer.
    private void withdrawTakeOver(Run run) {
        try {
            database.sql("""
                    update chatkeep.run
                    set take_overs = take_overs - 1
                    where user_id = :user and chat_id = :chat and id = :run and take_overs > 0
                    """)
                    .param("user", run.userId())
                    .param("chat", run.chatId())
                    .param("run", run.id())
                    .update();
        } catch (RuntimeException away) {
            LOG.debug("the attempt to end run {} stays counted: {}", run.id(), away.getMessage());
        }
    }

    private static Ending empty(Status status) {
        return new Ending(status, Json.EMPTY_ARRAY, true, null, error(status), null);
    }

    private static @Nullable String error(Status status) {
        return status == Status.INTERRUPTED ? SERVER_STOPPED : null;
    }

    private Ending folded(Run run, Status status) {
        Fold fold = new Fold(run, maxAnswerBytes);
        Instant until = runLog.read(run, fold::take);
        List<RunEvent> closings = fold.draft.closings(BROKEN_OFF);
        closings.forEach(fold.draft::apply);
        var tail = closings.isEmpty()
                ? null
                : new ReplyLog.Pending(
                        Math.max(fold.chunks, runLog.last(run)) + closings.size(),
                        String.join(
                                "\n", closings.stream().map(RunEvent::toJson).toList()),
                        true);
        Json metadata = fold.begun == null ? null : metadata(run, fold.begun, until);
        return new Ending(status, fold.draft.parts(), fold.draft.isSilent(), metadata, error(status), tail);
    }

    /// What was said, up to the first chunk that makes no sense here, such as one that a newer server wrote, or
    /// until it is more than an answer may be: better the beginning of an answer than one that is never ended.
    private static final class Fold {
        private final Run run;
        private final long maxBytes;
        private final Draft draft = new Draft();
        private @Nullable Json begun;
        private int chunks;

        Fold(Run run, long maxBytes) {
            this.run = run;
            this.maxBytes = maxBytes;
        }

        boolean take(byte[] chunk) {
            try {
                RunEvent event = RunEvent.of(new String(chunk, StandardCharsets.UTF_8));
                draft.apply(event);
                chunks++;
                if (event instanceof RunEvent.Start(var messageId, var metadata)) {
                    begun = metadata;
                }
                return draft.size() <= maxBytes;
            } catch (RuntimeException unreadable) {
                LOG.error("run {} can be read up to chunk {} of what it said", run.id(), chunks, unreadable);
                return false;
            }
        }
    }

    private boolean close(Run run, Ending ending) {
        ReplyLog.Pending tail = ending.tail();
        return database.sql(END)
                .param("user", run.userId())
                .param("chat", run.chatId())
                .param("run", run.id())
                .param("epoch", run.epoch())
                .param("status", ending.status().word())
                .param("is_silent", ending.isSilent())
                .param("error", ending.error())
                .param("now", Rows.time(clock.instant()))
                .param("parts", ending.parts().text())
                .param(
                        "metadata",
                        ending.metadata() == null ? null : ending.metadata().text())
                .param("last", tail == null ? 0 : tail.last())
                .param("lines", tail == null ? null : tail.lines())
                .query(Boolean.class)
                .single();
    }

    private void lock(Run run) {
        database.sql("select from chatkeep.chat where user_id = :user and id = :chat for update")
                .param("user", run.userId())
                .param("chat", run.chatId())
                .query((row, n) -> true)
                .list();
    }

    /// What is known of an answer that its writer did not end: how long it took is how long it was heard of.
    private static @Nullable Json metadata(Run run, Json begun, @Nullable Instant said) {
        Instant until = said == null ? run.startedAt() : said;
        return begun.tree() instanceof ObjectNode metadata
                ? Json.of(AnswerMetadata.ended(
                        metadata, ModelEvent.Usage.NONE, FinishReason.OTHER, Duration.between(run.startedAt(), until)))
                : null;
    }

    /// Stores an answer whose run is no longer its writer's to end; see [LateEnd].
    ///
    /// @return whether the answer is stored now
    boolean complete(Run run, Ending ending) {
        return database.inTransaction(() -> {
            lock(run);
            return late.complete(run, ending);
        });
    }
}
