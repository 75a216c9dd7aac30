package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.JsonInput;
import dev.chatkeep.chat.ChatPatch;
import dev.chatkeep.chat.ChatPatch.Set;
import dev.chatkeep.chat.Visibility;
import dev.chatkeep.db.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads the body of `PATCH /api/chats/{id}`: a JSON merge patch, in which null clears what may be absent.
final class PatchBody {

    /// What an owner sets of a chat.
    static final List<String> FIELDS = List.of("title", "modelId", "sandboxId", "visibility", "lastContext");

    private PatchBody() {}

    static ChatPatch read(byte[] body) {
        ObjectNode patch = JsonBody.object(JsonInput.read("", body));
        JsonBody.check(patch, FIELDS);
        ChatPatch changes = fields(patch);
        if (changes.isEmpty()) {
            throw new Invalid("empty_patch", null, "The body changes nothing.");
        }
        return changes;
    }

    /// Reads the [#FIELDS].
    static ChatPatch fields(ObjectNode object) {
        return new ChatPatch(
                title(object),
                clearable(object, "modelId"),
                clearable(object, "sandboxId"),
                visibility(object),
                lastContext(object));
    }

    private static @Nullable Set<String> title(JsonNode patch) {
        return patch.has("title") ? new Set<>(string("title", patch.path("title"))) : null;
    }

    private static @Nullable Set<String> clearable(JsonNode patch, String field) {
        if (!patch.has(field)) {
            return null;
        }
        JsonNode value = patch.path(field);
        return new Set<>(value.isNull() ? null : string(field, value));
    }

    private static @Nullable Set<Visibility> visibility(JsonNode patch) {
        if (!patch.has("visibility")) {
            return null;
        }
        return switch (string("visibility", patch.path("visibility"))) {
            case "public" -> new Set<>(Visibility.PUBLIC);
            case "private" -> new Set<>(Visibility.PRIVATE);
            default -> throw Invalid.field("visibility", "Either \"public\" or \"private\".");
        };
    }

    private static @Nullable Set<Json> lastContext(JsonNode patch) {
        if (!patch.has("lastContext")) {
            return null;
        }
        JsonNode value = patch.path("lastContext");
        return new Set<>(value.isNull() ? null : Json.of(value));
    }

    private static String string(String field, JsonNode value) {
        if (!value.isString()) {
            throw Invalid.field(field, "A string.");
        }
        return value.stringValue();
    }
}
