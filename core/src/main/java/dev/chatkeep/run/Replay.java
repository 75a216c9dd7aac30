package dev.chatkeep.run;

import dev.chatkeep.db.Json;
import dev.chatkeep.message.Message;
import dev.chatkeep.message.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A stored answer as a stream: one delta for each part, so that a client which asks again builds the same
/// message.
final class Replay {

    private static final String FAILED = "This answer failed.";
    private static final String DELETED = "This answer was deleted.";
    private static final String INTERRUPTED = "This answer was interrupted.";

    private Replay() {}

    static List<RunEvent> of(Message message) {
        List<RunEvent> events = new ArrayList<>();
        events.add(new RunEvent.Start(message.id(), message.metadata()));
        int n = 0;
        for (JsonNode part : message.parts().tree()) {
            part(events, part, ++n);
        }
        events.addAll(end(message));
        return events;
    }

    /// How the stream of an ended answer ends.
    static List<RunEvent> end(Message message) {
        return end(message.status(), message.metadata(), message.error());
    }

    /// @param error why it failed, in words for the reader
    static List<RunEvent> end(Status status, @Nullable Json metadata, @Nullable String error) {
        String why = error != null || status == Status.COMPLETE || status == Status.STOPPED
                ? error
                : status == Status.FAILED ? FAILED : INTERRUPTED;
        Json told = AnswerMetadata.told(metadata, status, why);
        if (status == Status.COMPLETE) {
            return List.of(new RunEvent.FinishStep(), new RunEvent.Finish(told));
        }
        // Clients show a step that only began when something follows it that they show.
        return List.of(
                new RunEvent.MessageMetadata(told), why == null ? new RunEvent.Abort() : new RunEvent.Failure(why));
    }

    /// How the stream of an answer ends that somebody else ended, or deleted.
    static List<RunEvent> end(Optional<Message> message) {
        return message.map(Replay::end).orElse(List.of(new RunEvent.Failure(DELETED)));
    }

    static void part(List<RunEvent> events, JsonNode part, int n) {
        switch (part.path("type").asString("")) {
            case "step-start" -> events.add(new RunEvent.StartStep());
            case "text" -> {
                String id = "text-" + n;
                events.add(new RunEvent.TextStart(id));
                events.add(new RunEvent.TextDelta(id, part.path("text").asString("")));
                events.add(new RunEvent.TextEnd(id));
            }
            case "reasoning" -> {
                String id = part.path("id").asString("reasoning-" + n);
                events.add(new RunEvent.ReasoningStart(id));
                events.add(new RunEvent.ReasoningDelta(id, part.path("text").asString("")));
                events.add(new RunEvent.ReasoningEnd(id, json(part, "providerMetadata")));
            }
            case "dynamic-tool" -> tool(events, part);
            case "file" ->
                events.add(new RunEvent.File(
                        part.path("url").asString(""), part.path("mediaType").asString("")));
            default -> {
                // Answers written here hold no other kinds; those of a client's own history are read by REST.
            }
        }
    }

    /// A call that has ended is told without `tool-input-available`, at which a client would run its own tool
    /// of that name once more.
    private static void tool(List<RunEvent> events, JsonNode part) {
        String id = part.path("toolCallId").asString("");
        String name = part.path("toolName").asString("");
        Json input = json(part, "input");
        Json output = json(part, "output");
        boolean isFailed = part.path("state").asString("").equals("output-error");
        if (!isFailed && output == null) {
            events.add(new RunEvent.ToolInputAvailable(id, name, input == null ? Json.EMPTY_OBJECT : input));
            return;
        }
        events.add(new RunEvent.ToolInputStart(id, name));
        if (input != null) {
            events.add(new RunEvent.ToolInputDelta(id, input.text()));
        }
        events.add(
                isFailed || output == null
                        ? new RunEvent.ToolOutputError(
                                id, part.path("errorText").asString(""))
                        : new RunEvent.ToolOutputAvailable(id, output));
    }

    private static @Nullable Json json(JsonNode part, String field) {
        return part.has(field) ? Json.of(part.path(field)) : null;
    }
}
