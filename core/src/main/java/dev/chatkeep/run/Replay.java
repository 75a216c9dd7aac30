package dev.chatkeep.run;

import dev.chatkeep.db.Json;
import dev.chatkeep.message.Message;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A stored answer as a stream: one delta for each part, so that a client which asks again builds the same message.
final class Replay {

    private static final String FAILED = "This answer failed.";
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
        Json metadata = message.metadata() == null ? Json.EMPTY_OBJECT : message.metadata();
        // Clients show a step that only began when something follows it that they show.
        RunEvent told = new RunEvent.MessageMetadata(metadata);
        return switch (message.status()) {
            case COMPLETE -> List.of(new RunEvent.FinishStep(), new RunEvent.Finish(metadata));
            case STOPPED -> List.of(told, new RunEvent.Abort());
            case FAILED -> List.of(told, new RunEvent.Failure(FAILED));
            case INTERRUPTED, STREAMING -> List.of(told, new RunEvent.Failure(INTERRUPTED));
        };
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
            default -> {
                // Answers written here hold no other kinds; those of a client's own history are read by REST.
            }
        }
    }

    private static void tool(List<RunEvent> events, JsonNode part) {
        String id = part.path("toolCallId").asString("");
        String name = part.path("toolName").asString("");
        Json input = json(part, "input");
        Json known = input == null ? Json.EMPTY_OBJECT : input;
        if (part.path("state").asString("").equals("output-error")) {
            events.add(new RunEvent.ToolInputError(
                    id, name, known, part.path("errorText").asString("")));
            return;
        }
        events.add(new RunEvent.ToolInputAvailable(id, name, known));
        Json output = json(part, "output");
        if (output != null) {
            events.add(new RunEvent.ToolOutputAvailable(id, output));
        }
    }

    private static @Nullable Json json(JsonNode part, String field) {
        return part.has(field) ? Json.of(part.path(field)) : null;
    }
}
