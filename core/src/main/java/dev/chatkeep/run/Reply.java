package dev.chatkeep.run;

import dev.chatkeep.db.Json;
import dev.chatkeep.message.Status;
import dev.chatkeep.run.ModelEvent.Usage;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
    private final Prompts prompts;
    private final AnswerEnds ends;
    private final InstantSource clock;
    private final ReplyLog log = new ReplyLog();
    private final Draft draft = new Draft();
    private final Cancellation cancellation = new Cancellation();
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile Status cancelledAs = Status.STOPPED;

    /// How an answer is stored; false when it is no longer this writer's.
    @FunctionalInterface
    interface AnswerEnds {
        boolean store(Run run, Status status, Json parts, Json metadata) throws InterruptedException;
    }

    Reply(Turn turn, Run run, Prompts prompts, AnswerEnds ends, InstantSource clock) {
        this.turn = turn;
        this.run = run;
        this.prompts = prompts;
        this.ends = ends;
        this.clock = clock;
    }

    Run current() {
        return run;
    }

    ReplyLog log() {
        return log;
    }

    /// Ends the answer here; what was said is kept, as `stopped` or `interrupted`.
    void cancel(Status as) {
        cancelledAs = as;
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
            StepWriter step = new StepWriter(1, draft, this::emit);
            end(step, generate(step));
        } catch (InterruptedException stopped) {
            emit(new RunEvent.Failure(SHUT_DOWN));
        } catch (RuntimeException failure) {
            LOG.error("run {} ended without being stored", run.id(), failure);
            endEmpty();
            emit(new RunEvent.Failure(NOT_SAVED));
        } finally {
            log.close();
            finished.countDown();
        }
    }

    /// Ends the run without an answer: one that stayed `streaming` would lock its chat.
    private void endEmpty() {
        try {
            ends.store(run, Status.FAILED, Json.EMPTY_ARRAY, Json.of(metadata(turn)));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException again) {
            LOG.error("run {} could not even be ended", run.id(), again);
        }
    }

    /// What went wrong, in words for the reader; null when nothing did.
    private @Nullable String generate(StepWriter step) throws InterruptedException {
        try {
            Prompt prompt = prompts.of(turn, run);
            for (int attempt = 1; ; attempt++) {
                try {
                    turn.model().generator().generate(prompt, cancellation, step);
                    return step.finishReason().isPresent() || cancellation.isCancelled()
                            ? null
                            : GenerationException.Kind.BROKEN.text();
                } catch (GenerationException failure) {
                    LOG.warn("model {} failed in run {}: {}", turn.model().id(), run.id(), failure.getMessage());
                    boolean again = failure.kind().retryable() && draft.isEmpty() && attempt < ATTEMPTS;
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
        Status status = cancellation.isCancelled() ? cancelledAs : failure == null ? Status.COMPLETE : Status.FAILED;
        step.closeAll(status == Status.COMPLETE ? "The model did not finish this call." : "The answer ended here.");
        Json metadata = Json.of(finalMetadata(step, status));
        if (!ends.store(run, status, draft.parts(), metadata)) {
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

    private ObjectNode finalMetadata(StepWriter step, Status status) {
        ObjectNode metadata = metadata(turn);
        Usage usage = step.usage();
        metadata.putObject("tokens")
                .put("input", usage.input())
                .put("output", usage.output())
                .put("total", usage.total());
        FinishReason reason = status == Status.FAILED
                ? FinishReason.ERROR
                : step.finishReason().orElse(FinishReason.OTHER);
        Instant now = clock.instant();
        return metadata.put("finishReason", reason.word())
                .put("streamDuration", Duration.between(run.startedAt(), now).toMillis());
    }

    private void emit(RunEvent event) {
        draft.apply(event);
        log.append(event);
    }
}
