package dev.chatkeep.run;

import dev.chatkeep.chat.Path;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.SqlErrors;
import dev.chatkeep.message.Status;
import dev.chatkeep.run.ModelEvent.Usage;
import dev.chatkeep.run.RunEnds.Ending;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// One answer being written, on a thread of its own: asks the model, hands on what it says, and stores the
/// whole. No connection of any client has a part in it.
final class Reply implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(Reply.class);
    private static final int ATTEMPTS = 3;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(20);
    private static final String SERVER_FAILED = "The server failed to answer.";
    private static final String NOT_SAVED = "The answer could not be saved.";
    private static final String SHUT_DOWN = "The server was shut down in the middle of the answer.";

    private final Turn turn;
    private final Run run;
    private final Path path;
    private final Prompts prompts;
    private final AnswerEnds ends;
    private final InstantSource clock;
    private final LiveAnswer answer;
    private final ReentrantLock logLock = new ReentrantLock();
    private volatile boolean isWritten = true;
    private volatile boolean isFenced;
    private final Cancellation cancellation = new Cancellation();
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile Status cancelledAs = Status.STOPPED;

    /// How an answer is stored; false when it is no longer this writer's.
    @FunctionalInterface
    interface AnswerEnds {
        boolean store(Run run, Ending ending) throws InterruptedException;
    }

    /// @param path what the chat shows, of which this answer is the last message
    Reply(
            Turn turn,
            Run run,
            Path path,
            Prompts prompts,
            AnswerEnds ends,
            ReplyLog.Backlog backlog,
            InstantSource clock) {
        this.turn = turn;
        this.run = run;
        this.path = path;
        this.prompts = prompts;
        this.ends = ends;
        this.clock = clock;
        this.answer = new LiveAnswer(backlog);
    }

    Run current() {
        return run;
    }

    LiveAnswer answer() {
        return answer;
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

    /// What the client is told before the first word, and the row holds while the answer is written.
    static ObjectNode metadata(Turn turn) {
        ObjectNode metadata = JsonNodeFactory.instance
                .objectNode()
                .put("modelId", turn.model().id());
        if (turn.tellChatId()) {
            metadata.put("chatId", turn.chatId());
        }
        if (turn.reasoningEffort() != null) {
            metadata.put("reasoningEffort", turn.reasoningEffort().word());
        }
        return metadata;
    }

    @Override
    public void run() {
        try {
            emit(new RunEvent.Start(run.messageId(), Json.of(metadata(turn))));
            emit(new RunEvent.StartStep());
            StepWriter step = new StepWriter(1, this::emit);
            end(step, generate(step));
        } catch (InterruptedException stopped) {
            emit(new RunEvent.Failure(SHUT_DOWN));
        } catch (RuntimeException failure) {
            LOG.error("run {} ended without being stored", run.id(), failure);
            if (!SqlErrors.isUnavailable(failure)) {
                endEmpty();
            }
            emit(new RunEvent.Failure(NOT_SAVED));
        } finally {
            answer.log().close();
            finished.countDown();
        }
    }

    /// Ends the run without an answer that the database refuses: one that stayed `streaming` would lock its chat. One
    /// that could not be reached ends it from its log, when it is found to be nobody's.
    private void endEmpty() {
        try {
            ends.store(run, new Ending(Status.FAILED, Json.EMPTY_ARRAY, Json.of(metadata(turn)), null));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException again) {
            LOG.error("run {} could not even be ended", run.id(), again);
        }
    }

    /// What went wrong, in words for the reader; null when nothing did.
    private @Nullable String generate(StepWriter step) throws InterruptedException {
        try {
            Prompt prompt = prompt();
            for (int attempt = 1; ; attempt++) {
                try {
                    turn.model().generator().generate(prompt, cancellation, step);
                    return step.finishReason().isPresent() || cancellation.isCancelled()
                            ? null
                            : GenerationException.Kind.BROKEN.text();
                } catch (GenerationException failure) {
                    LOG.warn("model {} failed in run {}: {}", turn.model().id(), run.id(), failure.getMessage());
                    boolean again = failure.kind().retryable() && answer.isSilent() && attempt < ATTEMPTS;
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

    /// What the model is asked. The question is stored, so a database that is away for a moment is waited for.
    private Prompt prompt() throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                return prompts.of(turn, run, path);
            } catch (RuntimeException away) {
                if (!SqlErrors.isUnavailable(away) || attempt == ATTEMPTS || cancellation.isCancelled()) {
                    throw away;
                }
                LOG.warn("the history for run {} cannot be read yet: {}", run.id(), away.getMessage());
                Thread.sleep(FIRST_PAUSE.multipliedBy(attempt));
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
        boolean isWhole = failure == null && step.finishReason().isPresent();
        Status status = isWhole ? Status.COMPLETE : cancellation.isCancelled() ? cancelledAs : Status.FAILED;
        answer.closeParts(status == Status.COMPLETE ? "The model did not finish this call." : "The answer ended here.");
        Json metadata = Json.of(finalMetadata(step, status));
        if (!store(status, metadata)) {
            emit(new RunEvent.Failure(NOT_SAVED));
            return;
        }
        switch (status) {
            case COMPLETE -> {
                emit(new RunEvent.FinishStep());
                emit(new RunEvent.Finish(metadata));
            }
            case STOPPED -> {
                emit(new RunEvent.MessageMetadata(metadata));
                emit(new RunEvent.Abort());
            }
            case FAILED, INTERRUPTED, STREAMING -> {
                emit(new RunEvent.MessageMetadata(metadata));
                emit(new RunEvent.Failure(failure == null ? SHUT_DOWN : failure));
            }
        }
    }

    private boolean store(Status status, Json metadata) throws InterruptedException {
        logLock.lock();
        try {
            return ends.store(run, new Ending(status, answer.parts(), metadata, pending()));
        } finally {
            logLock.unlock();
        }
    }

    private ObjectNode finalMetadata(StepWriter step, Status status) {
        FinishReason reason = status == Status.FAILED
                ? FinishReason.ERROR
                : step.finishReason().orElse(FinishReason.OTHER);
        return ended(metadata(turn), step.usage(), reason, Duration.between(run.startedAt(), clock.instant()));
    }

    /// `metadata` with what is known at an answer's end.
    static ObjectNode ended(ObjectNode metadata, Usage usage, FinishReason reason, Duration took) {
        metadata.putObject("tokens")
                .put("input", usage.input())
                .put("output", usage.output())
                .put("total", usage.total());
        return metadata.put("finishReason", reason.word()).put("streamDuration", took.toMillis());
    }

    private void emit(RunEvent event) {
        answer.say(event);
    }
}
