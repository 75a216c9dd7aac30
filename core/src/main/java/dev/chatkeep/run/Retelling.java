package dev.chatkeep.run;

import dev.chatkeep.ChatkeepException;
import dev.chatkeep.ChatkeepException.Unavailable;
import dev.chatkeep.message.Message;
import dev.chatkeep.message.Messages;
import dev.chatkeep.message.Status;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// Tells answers again that are stored. To be read, one takes several times its size until it is a stream, so
/// only
/// few are made streams at once: one for each 192 MiB of heap. Thread-safe.
final class Retelling {

    private static final long BYTES_PER_ANSWER = 192 << 20;
    private static final Duration MAX_WAIT = Duration.ofSeconds(5);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    private final Messages messages;
    private final Semaphore turns;

    /// @param heap in bytes
    Retelling(Messages messages, long heap) {
        this.messages = messages;
        this.turns = new Semaphore((int) Math.max(1, heap / BYTES_PER_ANSWER), true);
    }

    /// @param following reads it where it is not ended yet
    /// @throws Unavailable when others took too long
    ReplyLog.Reader of(Run run, Supplier<ReplyLog.Reader> following) {
        begin();
        try {
            Message message = messages.at(run.userId(), run.chatId(), run.branch(), run.pos())
                    .orElseThrow(ChatkeepException.NotFound::chat);
            if (message.status() != Status.STREAMING) {
                return ReplyLog.of(Replay.of(message));
            }
        } finally {
            turns.release();
        }
        return following.get();
    }

    private void begin() {
        try {
            if (turns.tryAcquire(MAX_WAIT.toNanos(), TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        throw new Unavailable("busy", "The server is reading too many large answers. Try again.", RETRY_AFTER);
    }
}
