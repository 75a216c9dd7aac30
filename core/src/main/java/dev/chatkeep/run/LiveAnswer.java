package dev.chatkeep.run;

import dev.chatkeep.db.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An answer while it is being written: what it has said, as a message and as a stream, the two always in step.
/// Whoever comes late reads the message so far, one delta for each part, and then the stream: a tail alone breaks
/// every client. Thread-safe; one thread says what comes next.
final class LiveAnswer {

    private final Draft draft = new Draft();
    private final ReplyLog log;
    private final List<RunEvent> ending = new ArrayList<>();
    private RunEvent.@Nullable Start start;

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

    /// The arguments of an unfinished tool call.
    synchronized Json toolInput(String toolCallId) {
        return draft.toolInput(toolCallId);
    }

    synchronized boolean isSilent() {
        return draft.isEmpty();
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
        List<RunEvent> told = new ArrayList<>(List.of(start));
        told.addAll(draft.replay());
        told.addAll(ending);
        List<byte[]> chunks = told.stream()
                .map(event -> event.toJson().getBytes(StandardCharsets.UTF_8))
                .toList();
        return log.reader(chunks, log.last(), onRead);
    }
}
