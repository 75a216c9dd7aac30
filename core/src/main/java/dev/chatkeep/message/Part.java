package dev.chatkeep.message;

import dev.chatkeep.db.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// One part of a message, in the kinds of the AI SDK's `UIMessage` that Chatkeep itself reads. Stored parts are
/// never rewritten through this type: whatever it does not know travels on as [Unknown], whole.
public sealed interface Part {

    record Text(String text) implements Part {}

    /// What a model thought. `providerMetadata` holds what the provider wants back on the next step
    /// (signatures).
    record Reasoning(String text, @Nullable Json providerMetadata) implements Part {}

    /// A file by URL; a `data:` URL carries its bytes.
    record File(String mediaType, String url, @Nullable String filename) implements Part {}

    /// A tool call (`dynamic-tool` or `tool-NAME`) in the state it has reached. `input`, `output` and
    /// `errorText` are present as far as that state has them.
    record Tool(
            String toolCallId,
            String toolName,
            String state,
            @Nullable Json input,
            @Nullable Json output,
            @Nullable String errorText)
            implements Part {}

    /// Any other kind, newer clients' included: its type and its whole JSON.
    record Unknown(String type, Json json) implements Part {}

    /// Reads a stored `parts` array. An element that lacks what its kind needs is [Unknown].
    static List<Part> list(Json parts) {
        List<Part> list = new ArrayList<>();
        for (JsonNode node : parts.tree()) {
            list.add(of(node));
        }
        return List.copyOf(list);
    }

    static Part of(JsonNode node) {
        String type = node.path("type").asString("");
        Part known = switch (type) {
            case "text" -> node.path("text").isString() ? new Text(string(node, "text")) : null;
            case "reasoning" ->
                node.path("text").isString()
                        ? new Reasoning(string(node, "text"), json(node, "providerMetadata"))
                        : null;
            case "file" ->
                node.path("url").isString() && node.path("mediaType").isString()
                        ? new File(string(node, "mediaType"), string(node, "url"), text(node, "filename"))
                        : null;
            case "dynamic-tool" -> tool(node, text(node, "toolName"));
            default -> type.startsWith("tool-") ? tool(node, type.substring("tool-".length())) : null;
        };
        return known != null ? known : new Unknown(type, Json.of(node));
    }

    private static @Nullable Tool tool(JsonNode node, @Nullable String name) {
        String callId = text(node, "toolCallId");
        String state = text(node, "state");
        return name == null || callId == null || state == null
                ? null
                : new Tool(callId, name, state, json(node, "input"), json(node, "output"), text(node, "errorText"));
    }

    private static String string(JsonNode node, String field) {
        return node.path(field).stringValue();
    }

    private static @Nullable String text(JsonNode node, String field) {
        return node.path(field).isString() ? node.path(field).stringValue() : null;
    }

    private static @Nullable Json json(JsonNode node, String field) {
        return node.has(field) ? Json.of(node.path(field)) : null;
    }
}
