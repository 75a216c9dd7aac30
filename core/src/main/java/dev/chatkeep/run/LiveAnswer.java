package dev.chatkeep.run;

import dev.chatkeep.db.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An answer while it is being written: what it has said, as a message and as a stream, the two always in step.
/// Whoever comes late reads the message so far, one delta for each part, and then the stream: a tail alone
/// breaks every client. Thread-safe; one thread says what comes next.
final class LiveAnswer {

    /// What was said since is read from the log, as long as it is not more than this.
    private static final long SHARED_BYTES = ReplyLog.WINDOW_BYTES / 2;

    private final Draft draft = new Draft();
    private final ReplyLog log;
    private final List<RunEvent> ending = new ArrayList<>();
    private RunEvent.@Nullable Start start;
    private @Nullable Told told;

    /// What was said up to a chunk, for readers who come in the middle. It is shared: what a reader is told of
    /// a long answer must not be made for each of them.
    ///
    /// @param last the number of that chunk
    private record Told(List<byte[]> chunks, int last, long bytes) {}

    LiveAnswer(ReplyLog.Backlog backlog) {
        this.log = new ReplyLog(backlog);
    }

    ReplyLog log() {
        return log;
    }

    synchronized void say(RunEvent event) {
        if (event instanceof RunEvent.Start first) {
            start = first;
        }
        draft.apply(event);
        log.append(event);
        switch (event) {
            case RunEvent.FinishStep _,
                    RunEvent.MessageMetadata _,
                    RunEvent.Finish _,
                    RunEvent.Abort _,
                    RunEvent.Failure _ -> ending.add(event);
            default -> {
                // It is in the draft.
            }
        }
    }

    /// Ends every part that is open.
    synchronized void closeParts(String why) {
        draft.closings(why).forEach(this::say);
    }

    synchronized Json parts() {
        return draft.parts();
    }

    /// Whether nothing was said yet.
    synchronized boolean isEmpty() {
        return draft.isEmpty();
    }

    /// Whether there is nothing to see.
    synchronized boolean isSilent() {
        return draft.isSilent();
    }

    /// From the first chunk on, for whoever was there first.
    ReplyLog.Reader reader() {
        return log.reader();
    }

    /// From what was said until now.
    ReplyLog.Reader follow() {
        return follow(() -> {});
    }

    /// @param onRead is called whenever the reader looks for more
    synchronized ReplyLog.Reader follow(Runnable onRead) {
        if (start == null) {
            return log.reader(List.of(), 0, onRead);
        }
        Told known = told;
        if (known == null || log.bytesBehind(known.last()) > Math.min(SHARED_BYTES, known.bytes() / 4)) {
            known = tell(start);
            told = known.bytes() > SHARED_BYTES ? known : null;
        }
        return log.reader(known.chunks(), known.last(), onRead);
    }

    private Told tell(RunEvent.Start first) {
        List<RunEvent> events = new ArrayList<>(List.of(first));
        events.addAll(draft.replay());
        events.addAll(ending);
        List<byte[]> chunks = events.stream()
                .map(event -> event.toJson().getBytes(StandardCharsets.UTF_8))
                .toList();
        return new Told(
                chunks,
                log.last(),
                chunks.stream().mapToLong(chunk -> chunk.length).sum());
    }
}
