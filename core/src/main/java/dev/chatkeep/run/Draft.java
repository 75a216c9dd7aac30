package dev.chatkeep.run;

import dev.chatkeep.db.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The message that a stream of events makes: what an AI SDK client that reads the same events holds, part by
/// part and field by field (version 7; older ones differ in no field but the reasoning part's `id`, which they
/// leave out).
///
/// Not thread-safe: it belongs to the thread that writes the answer.
final class Draft {

    private final ArrayNode parts = JsonNodeFactory.instance.arrayNode();
    private final Map<Integer, String> ids = new HashMap<>();
    private final Map<String, StringBuilder> openTexts = new HashMap<>();
    private final Map<String, ObjectNode> openParts = new LinkedHashMap<>();
    private final Map<String, ObjectNode> tools = new LinkedHashMap<>();
    private final Map<String, StringBuilder> toolInputs = new HashMap<>();
    private long chars;

    void apply(RunEvent event) {
        switch (event) {
            case RunEvent.StartStep() -> parts.addObject().put("type", "step-start");
            case RunEvent.TextStart(String id) -> open(id, "text");
            case RunEvent.TextDelta(String id, String delta) -> append(text(id), delta);
            case RunEvent.TextEnd(String id) -> close(id);
            case RunEvent.ReasoningStart(String id) -> open(id, "reasoning").put("id", id);
            case RunEvent.ReasoningDelta(String id, String delta) -> append(text(id), delta);
            case RunEvent.ReasoningEnd(String id, var providerMetadata) -> {
                ObjectNode part = close(id);
                if (providerMetadata != null) {
                    part.set("providerMetadata", providerMetadata.tree());
                }
            }
            case RunEvent.ToolInputStart(String id, String name) ->
                tool(id, name).put("state", "input-streaming");
            case RunEvent.ToolInputDelta(String id, String delta) ->
                append(toolInputs.computeIfAbsent(id, any -> new StringBuilder()), delta);
            case RunEvent.ToolInputAvailable(String id, String name, Json input) -> {
                toolInputs.remove(id);
                chars += input.text().length();
                tool(id, name).put("state", "input-available").set("input", input.tree());
            }
            case RunEvent.ToolOutputAvailable(String id, Json output) ->
                known(tools, id)
                        .put("state", "output-available")
                        .put("providerExecuted", true)
                        .set("output", output.tree());
            case RunEvent.ToolOutputError(String id, String errorText) -> {
                ObjectNode part = known(tools, id);
                if (isStreaming(part)) {
                    partialInput(id).ifPresent(input -> part.set("input", input.tree()));
                    toolInputs.remove(id);
                }
                part.put("state", "output-error").put("errorText", errorText);
            }
            case RunEvent.File(String url, String mediaType) -> {
                chars += url.length();
                parts.addObject()
                        .put("type", "file")
                        .put("mediaType", mediaType)
                        .put("url", url);
            }
            case RunEvent.Start _,
                    RunEvent.FinishStep _,
                    RunEvent.MessageMetadata _,
                    RunEvent.Finish _,
                    RunEvent.Abort _,
                    RunEvent.Failure _ -> {
                // These say something about the message, not in it.
            }
        }
    }

    private void append(StringBuilder text, String delta) {
        text.append(delta);
        chars += delta.length();
    }

    /// About how many bytes it holds.
    long size() {
        return chars + (long) parts.size() * StepWriter.PART_BYTES;
    }

    /// The parts so far, an open one with the text it has.
    Json parts() {
        openParts.forEach((id, part) -> part.put("text", text(id).toString()));
        return Json.of(parts);
    }

    /// What ends the parts that are open: text as it is, an unfinished tool call as an error.
    List<RunEvent> closings(String why) {
        var closings = new ArrayList<RunEvent>();
        openParts.forEach((id, part) ->
                closings.add(isReasoning(part) ? new RunEvent.ReasoningEnd(id, null) : new RunEvent.TextEnd(id)));
        tools.forEach((id, part) -> {
            if (isStreaming(part)) {
                closings.add(new RunEvent.ToolOutputError(id, why));
            }
        });
        return closings;
    }

    /// Events that make the message as it is now, one delta for each part; what is open stays open, under its
    /// own id.
    List<RunEvent> replay() {
        var events = new ArrayList<RunEvent>();
        for (int i = 0; i < parts.size(); i++) {
            ObjectNode part = (ObjectNode) parts.get(i);
            String id = ids.get(i);
            if (id != null && openParts.containsKey(id)) {
                replayOpen(events, id, part);
            } else if (isStreaming(part)) {
                replayCall(events, part.path("toolCallId").stringValue(), part);
            } else {
                Replay.part(events, part, i + 1);
            }
        }
        return events;
    }

    private void replayCall(List<RunEvent> events, String id, ObjectNode part) {
        events.add(new RunEvent.ToolInputStart(id, part.path("toolName").stringValue()));
        String input = toolInputs.getOrDefault(id, new StringBuilder()).toString();
        if (!input.isEmpty()) {
            events.add(new RunEvent.ToolInputDelta(id, input));
        }
    }

    private void replayOpen(List<RunEvent> events, String id, ObjectNode part) {
        boolean isReasoning = isReasoning(part);
        events.add(isReasoning ? new RunEvent.ReasoningStart(id) : new RunEvent.TextStart(id));
        String said = text(id).toString();
        if (!said.isEmpty()) {
            events.add(isReasoning ? new RunEvent.ReasoningDelta(id, said) : new RunEvent.TextDelta(id, said));
        }
    }

    private static boolean isReasoning(ObjectNode part) {
        return part.path("type").stringValue().equals("reasoning");
    }

    private static boolean isStreaming(ObjectNode part) {
        return part.path("state").asString("").equals("input-streaming");
    }

    /// Whether nothing was said yet; a step that only began says nothing.
    boolean isEmpty() {
        return parts.values().stream()
                .allMatch(part -> part.path("type").asString("").equals("step-start"));
    }

    /// Whether there is nothing to see: no part but steps, blank text and blank reasoning.
    boolean isSilent() {
        return openTexts.values().stream().allMatch(text -> text.toString().isBlank())
                && parts.values().stream().allMatch(Draft::isSilent);
    }

    private static boolean isSilent(JsonNode part) {
        return switch (part.path("type").asString("")) {
            case "step-start" -> true;
            case "text" -> part.path("text").asString("").isBlank();
            case "reasoning" -> part.path("text").asString("").isBlank() && !part.has("providerMetadata");
            default -> false;
        };
    }

    /// What can be read of the arguments of an unfinished tool call.
    private Optional<Json> partialInput(String toolCallId) {
        StringBuilder text = toolInputs.get(toolCallId);
        return text == null ? Optional.empty() : PartialJson.read(text.toString());
    }

    private ObjectNode open(String id, String type) {
        ObjectNode part = parts.addObject().put("type", type).put("text", "").put("state", "streaming");
        ids.put(parts.size() - 1, id);
        openParts.put(id, part);
        openTexts.put(id, new StringBuilder());
        return part;
    }

    private ObjectNode close(String id) {
        ObjectNode part = known(openParts, id).put("text", text(id).toString()).put("state", "done");
        openParts.remove(id);
        openTexts.remove(id);
        return part;
    }

    private ObjectNode tool(String id, String name) {
        return tools.computeIfAbsent(
                id,
                any -> parts.addObject()
                        .put("type", "dynamic-tool")
                        .put("toolName", name)
                        .put("toolCallId", id));
    }

    private StringBuilder text(String id) {
        return known(openTexts, id);
    }

    private static <T> T known(Map<String, T> map, String id) {
        T value = map.get(id);
        if (value == null) {
            throw new IllegalStateException("an event names the part " + id + ", which was not started");
        }
        return value;
    }
}
