package dev.chatkeep.run;

import dev.chatkeep.chat.Path;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.SqlErrors;
import dev.chatkeep.message.Status;
import dev.chatkeep.run.RunEnds.Ending;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/// One answer being written, on a thread of its own: asks the model, hands on what it says, and stores the
/// whole. No connection of any client has a part in it.
final class Reply implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(Reply.class);
    private static final int ATTEMPTS = 3;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(20);
    /// What an answer may say ahead of the database.
    private static final int MAX_PENDING_BYTES = 2 << 20;

    /// How long the database may write nothing before an answer goes on without it.
    private static final Duration WRITE_TIMEOUT = Duration.ofSeconds(5);

    /// The end of a large answer takes several times its size in memory: one at a time.
    private static final Semaphore LARGE_ENDS = new Semaphore(1, true);

    /// How long a database that is away is waited for before the model is asked.
    private static final Duration HISTORY_TIMEOUT = Duration.ofMinutes(2);

    private static final String SERVER_FAILED = "The server failed to answer.";
    private static final String NOT_SAVED = "The answer could not be saved.";
    private static final String EMPTY = "The model gave an empty answer.";
    private static final String FILTERED = "The model's content filter stopped the answer.";
    private static final String TOO_LONG = "The model reached its length limit before the first word of the answer.";
    private static final String SHUT_DOWN = "The server was shut down in the middle of the answer.";

    private final Turn turn;
    private final Run run;
    private final Path path;
    private final Prompts prompts;
    private final AnswerEnds ends;
    private final AnswerRoom.Share room;
    private final InstantSource clock;
    private final LiveAnswer answer;
    private final ReentrantLock logLock = new ReentrantLock();
    private volatile boolean isWritten = true;
    private volatile boolean isFenced;
    private final Cancellation cancellation = new Cancellation();
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile Status cancelledAs = Status.STOPPED;
    private volatile @Nullable Thread asker = Thread.currentThread();

    /// Where an answer is stored.
    interface AnswerEnds {

        /// Stores it; false when it is no longer this writer's.
        boolean store(Run run, Ending ending) throws InterruptedException;

        /// Writes a part of what it said, ahead of the end; false when it is no longer this writer's.
        boolean write(Run run, ReplyLog.Pending said);

        /// How the stream of an answer ends that is no longer this writer's.
        List<RunEvent> endOf(Run run);
    }

    /// @param path what the chat shows, of which this answer is the last message
    Reply(
            Turn turn,
            Run run,
            Path path,
            Prompts prompts,
            AnswerEnds ends,
            AnswerRoom.Share room,
            ReplyLog.Backlog backlog,
            InstantSource clock) {
        this.turn = turn.begun();
        this.run = run;
        this.path = path;
        this.prompts = prompts;
        this.ends = ends;
        this.room = room;
        this.clock = clock;
        this.answer = new LiveAnswer(backlog);
    }

    Run current() {
        return run;
    }

    LiveAnswer answer() {
        return answer;
    }

    /// What was said until now, then what is said; all of it, for who was there first.
    ReplyLog.Reader follow() {
        return answer.follow(this::refuseToWait);
    }

    /// Whoever asked within a transaction would wait for the end of it within it.
    private void refuseToWait() {
        if (Thread.currentThread().equals(asker)) {
            throw new IllegalStateException(
                    "This answer begins when the transaction it was asked in is committed. Read it after that.");
        }
    }

    /// Whether the transaction that it was asked in is over.
    boolean isBegun() {
        return asker == null;
    }

    /// It is over; what the model is asked is on its way.
    void begin() {
        asker = null;
    }

    /// It is over and the question is gone: nothing is asked, and nothing is to be stored.
    void withdraw(String why) {
        begin();
        emit(new RunEvent.Failure(why));
        answer.log().close();
        room.close();
        finished.countDown();
    }

    /// Keeps the end from coming between a look at what is to be written and its writing; false when it is
    /// there.
    boolean holdLog() {
        return logLock.tryLock();
    }

    void releaseLog() {
        logLock.unlock();
    }

    /// What is to be written now; null when nothing is.
    ReplyLog.@Nullable Pending pending() {
        return isWritten && !isFenced ? answer.log().pending() : null;
    }

    boolean isWritten() {
        return isWritten;
    }

    void written(int last) {
        answer.log().flushed(last);
    }

    /// From now on the answer is written whole, at its end.
    void stopWriting() {
        isWritten = false;
    }

    /// Another node took this answer over. It goes on all the same: whoever was only slow still knows how it
    /// ends.
    void fence() {
        isFenced = true;
    }

    /// Ends the answer here; what was said is kept, as `stopped` or `interrupted`.
    void cancel(Status as) {
        if (!cancellation.isCancelled()) {
            cancelledAs = as;
        }
        cancellation.cancel();
    }

    boolean awaitEnd(Duration patience) throws InterruptedException {
        return finished.await(patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void run() {
        try {
            emit(new RunEvent.Start(run.messageId(), Json.of(AnswerMetadata.begun(turn))));
            emit(new RunEvent.StartStep());
            StepWriter step = new StepWriter(1, room::take, this::emit);
            end(step, generate(step));
        } catch (InterruptedException stopped) {
            emit(new RunEvent.Failure(SHUT_DOWN));
        } catch (RuntimeException | Error failure) {
            LOG.error("run {} ended without being stored", run.id(), failure);
            if (!SqlErrors.isUnavailable(failure)) {
                endEmpty();
            }
            Replay.end(Status.FAILED, Json.of(AnswerMetadata.begun(turn)), NOT_SAVED)
                    .forEach(this::emit);
        } finally {
            answer.log().close();
            room.close();
            finished.countDown();
        }
    }

    /// Ends the run without an answer that the database refuses: one that stayed `streaming` would lock its
    /// chat. One that could not be reached ends it from its log, when it is found to be nobody's.
    private void endEmpty() {
        try {
            Json metadata = Json.of(AnswerMetadata.begun(turn));
            ends.store(run, new Ending(Status.FAILED, Json.EMPTY_ARRAY, true, metadata, NOT_SAVED, null));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error again) {
            LOG.error("run {} could not even be ended", run.id(), again);
        }
    }

    /// What went wrong, in words for the reader; null when nothing did.
    private @Nullable String generate(StepWriter step) throws InterruptedException {
        if (cancellation.isCancelled()) {
            return null;
        }
        try {
            Prompt prompt = prompt();
            for (int attempt = 1; ; attempt++) {
                try {
                    turn.model().generator().generate(prompt, cancellation, step);
                    return step.finishReason().isPresent() || cancellation.isCancelled()
                            ? null
                            : GenerationException.Kind.BROKEN.text();
                } catch (StepWriter.AnswerFull full) {
                    LOG.warn("run {} reached the limit of an answer; what was said until then is kept", run.id());
                    return null;
                } catch (GenerationException failure) {
                    if (failure.kind() == GenerationException.Kind.TOO_LONG) {
                        LOG.warn(
                                "run {} reached a limit for reading models; what was said until then is kept: {}",
                                run.id(),
                                failure.getMessage());
                        step.end();
                        return null;
                    }
                    LOG.warn("model {} failed in run {}: {}", turn.model().id(), run.id(), failure.getMessage());
                    boolean again = failure.kind().retryable() && answer.isEmpty() && attempt < ATTEMPTS;
                    if (!again || !pause(failure, attempt)) {
                        return failure.kind().text();
                    }
                }
            }
        } catch (RuntimeException failure) {
            LOG.error("run {} failed", run.id(), failure);
            return SERVER_FAILED;
        }
    }

    /// What the model is asked. The question is stored, so a database that is away is waited for.
    private Prompt prompt() throws InterruptedException {
        long begun = System.nanoTime();
        while (true) {
            try {
                return prompts.of(turn, run, path);
            } catch (RuntimeException away) {
                boolean isLate = System.nanoTime() - begun > HISTORY_TIMEOUT.toNanos();
                if (!SqlErrors.isUnavailable(away) || isLate || cancellation.isCancelled()) {
                    throw away;
                }
                LOG.warn("the history for run {} cannot be read yet: {}", run.id(), away.getMessage());
                Thread.sleep(FIRST_PAUSE);
            }
        }
    }

    /// Waits before the next attempt, as long as the provider asked for; false when that is too long, or
    /// cancelled.
    private boolean pause(GenerationException failure, int attempt) throws InterruptedException {
        Duration pause = failure.retryAfter().orElse(FIRST_PAUSE.multipliedBy(attempt));
        if (pause.compareTo(LONGEST_PAUSE) > 0) {
            return false;
        }
        CountDownLatch cancelled = new CountDownLatch(1);
        cancellation.onCancel(cancelled::countDown);
        return !cancelled.await(pause.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void end(StepWriter step, @Nullable String failure) throws InterruptedException {
        Optional<FinishReason> reason = step.finishReason();
        String failed = failure == null && answer.isSilent()
                ? reason.map(Reply::silence).orElse(null)
                : failure;
        boolean isWhole = failed == null && reason.isPresent();
        Status status = isWhole ? Status.COMPLETE : cancellation.isCancelled() ? cancelledAs : Status.FAILED;
        String error = switch (status) {
            case FAILED -> failed;
            case INTERRUPTED -> SHUT_DOWN;
            case COMPLETE, STOPPED, STREAMING -> null;
        };
        answer.closeParts(status == Status.COMPLETE ? "The model did not finish this call." : "The answer ended here.");
        Json metadata = Json.of(finalMetadata(step, status));
        List<RunEvent> ends =
                store(status, metadata, error) ? Replay.end(status, metadata, error) : this.ends.endOf(run);
        ends.forEach(this::emit);
    }

    /// What an answer without anything to see is: a failure, since nothing was answered.
    private static String silence(FinishReason reason) {
        return switch (reason) {
            case CONTENT_FILTER -> FILTERED;
            case LENGTH -> TOO_LONG;
            case STOP, TOOL_CALLS, ERROR, OTHER -> EMPTY;
        };
    }

    private boolean store(Status status, Json metadata, @Nullable String error) throws InterruptedException {
        if (!room.isSmall()) {
            LARGE_ENDS.acquire();
        }
        logLock.lock();
        try {
            writeAhead();
            return ends.store(run, new Ending(status, answer.parts(), answer.isSilent(), metadata, error, pending()));
        } finally {
            logLock.unlock();
            if (!room.isSmall()) {
                LARGE_ENDS.release();
            }
        }
    }

    /// Writes what was said but for one batch, which goes with the end. Without the database this waits for the
    /// end, which tries again.
    private void writeAhead() {
        try {
            ReplyLog.Pending said = pending();
            while (said != null && !said.isAll() && ends.write(run, said)) {
                written(said.last());
                said = pending();
            }
        } catch (RuntimeException failure) {
            if (SqlErrors.isUnavailable(failure)) {
                LOG.warn("what run {} said cannot be written yet: {}", run.id(), failure.getMessage());
            } else {
                LOG.error("run {} cannot be written before its end", run.id(), failure);
                stopWriting();
            }
        }
    }

    private ObjectNode finalMetadata(StepWriter step, Status status) {
        FinishReason reason = status == Status.FAILED
                ? FinishReason.ERROR
                : step.finishReason().orElse(FinishReason.OTHER);
        return AnswerMetadata.ended(
                AnswerMetadata.begun(turn), step.usage(), reason, Duration.between(run.startedAt(), clock.instant()));
    }

    private void emit(RunEvent event) {
        answer.say(event);
        if (isWritten && !isFenced) {
            awaitRoom();
        }
    }

    private void awaitRoom() {
        try {
            answer.log().awaitRoom(MAX_PENDING_BYTES, WRITE_TIMEOUT);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
