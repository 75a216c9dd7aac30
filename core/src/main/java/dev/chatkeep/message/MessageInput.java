package dev.chatkeep.message;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.TooLarge;
import dev.chatkeep.Ids;
import dev.chatkeep.JsonInput;
import dev.chatkeep.db.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads a user's message as an AI SDK client sends it, and holds it to the limits. Parts of kinds that
/// Chatkeep does not know are taken as they are.
public final class MessageInput {

    /// Bytes of a message, as [NewMessage#bytes] counts them.
    public static final int BYTES = 1 << 20;

    /// Bytes that a message may take as its sender writes it, with spaces and escapes.
    public static final int WRITTEN_BYTES = 4 << 20;

    public static final int PARTS = 256;
    public static final int ATTACHMENTS = 64;

    /// Messages that are written at once.
    public static final int AT_ONCE = 100;

    /// What the server says of a message; a client's own metadata cannot say it.
    private static final Set<String> SERVER_KEYS = Set.of(
            "modelId", "reasoningEffort", "tokens", "finishReason", "streamDuration", "paymentId", "status", "chatId");

    private static final List<String> FIELDS = List.of("id", "role", "parts", "content", "attachments", "metadata");

    private MessageInput() {}

    /// Reads the message to be answered. Fields that are not known are passed over: stock clients send their own.
    ///
    /// @param field how the caller knows the message, such as `messages[3]`
    /// @throws Invalid naming the field that is wrong
    /// @throws TooLarge for more than [#BYTES] or [#WRITTEN_BYTES]
    public static NewMessage read(String field, byte[] json) {
        if (json.length > WRITTEN_BYTES) {
            throw tooLarge(field);
        }
        return read(field, JsonInput.read(field, json), Set.of(Role.USER));
    }

    /// Reads messages that are written without a model, 1 to [#AT_ONCE] of them, by anyone who may have spoken.
    ///
    /// @param json the list, as [JsonInput] read it
    /// @throws Invalid naming the field that is wrong, or that a message does not have
    /// @throws TooLarge for a message of more than [#BYTES]
    public static List<NewMessage> list(String field, JsonNode json) {
        if (!json.isArray() || json.isEmpty() || json.size() > AT_ONCE) {
            throw noList(field);
        }
        var messages = new ArrayList<NewMessage>();
        for (int i = 0; i < json.size(); i++) {
            String place = field + "[" + i + "]";
            checkFields(place, json.get(i));
            messages.add(read(place, json.get(i), Set.of(Role.USER, Role.ASSISTANT, Role.SYSTEM)));
        }
        return List.copyOf(messages);
    }

    /// Holds a list to what may be written at once: 1 to [#AT_ONCE] messages, no id twice.
    ///
    /// @throws Invalid naming `field`, or the second message of an id
    public static void checkList(String field, List<NewMessage> messages) {
        if (messages.isEmpty() || messages.size() > AT_ONCE) {
            throw noList(field);
        }
        var ids = new HashSet<String>();
        for (NewMessage message : messages) {
            if (!ids.add(message.id())) {
                throw Invalid.field(field + "[" + ids.size() + "].id", "Another message of this list has the same id.");
            }
        }
    }

    private static Invalid noList(String field) {
        return Invalid.field(field, "A list of 1 to " + AT_ONCE + " messages.");
    }

    private static NewMessage read(String field, JsonNode message, Set<Role> roles) {
        if (!message.isObject()) {
            throw Invalid.field(field, "A message is an object with id, role and parts.");
        }
        NewMessage read = NewMessage.checked(
                id(field + ".id", message.path("id")),
                role(field + ".role", message.path("role"), roles),
                parts(field, message),
                attachments(field + ".attachments", message.path("attachments")),
                ownMetadata(field + ".metadata", message.path("metadata")));
        checkSize(field, read);
        return read;
    }

    /// @throws TooLarge for more than [#BYTES]
    static void checkSize(String field, NewMessage message) {
        if (message.bytes() > BYTES) {
            throw tooLarge(field);
        }
    }

    /// The refusal of a message above [#BYTES] or [#WRITTEN_BYTES].
    public static TooLarge tooLarge(String field) {
        return new TooLarge(
                field,
                "A message has at most " + BYTES + " bytes, its parts, attachments and metadata as compact JSON in"
                        + " UTF-8, and at most " + WRITTEN_BYTES + " bytes as it is sent.");
    }

    private static void checkFields(String field, JsonNode message) {
        for (String name : message.propertyNames()) {
            if (!FIELDS.contains(name)) {
                throw Invalid.field(
                        field + "." + name, "There is no such field. A message has " + String.join(", ", FIELDS) + ".");
            }
        }
    }

    private static Role role(String field, JsonNode role, Set<Role> roles) {
        String word = string(field, role);
        return roles.stream()
                .filter(allowed -> allowed.word().equals(word))
                .findFirst()
                .orElseThrow(() -> Invalid.field(
                        field,
                        "One of " + roles.stream().map(Role::word).sorted().collect(Collectors.joining(", ")) + "."));
    }

    private static String id(String field, JsonNode id) {
        if (id.isMissingNode()) {
            return Ids.make();
        }
        return Ids.check(field, string(field, id));
    }

    private static Json parts(String field, JsonNode message) {
        JsonNode list = message.path("parts");
        boolean hasContent = message.hasNonNull("content");
        if (message.hasNonNull("parts") && !(list.isEmpty() && list.isArray() && hasContent)) {
            return partList(field + ".parts", list);
        }
        if (!hasContent) {
            throw Invalid.field(field + ".parts", "A message has parts, a list, or content, a text.");
        }
        String content = string(field + ".content", message.path("content"));
        if (content.isBlank()) {
            throw Invalid.field(field + ".content", "The message is empty.");
        }
        ArrayNode parts = Json.MAPPER.createArrayNode();
        parts.addObject().put("type", "text").put("text", content);
        return Json.of(parts);
    }

    static Json partList(String field, JsonNode parts) {
        if (!parts.isArray() || parts.isEmpty()) {
            throw Invalid.field(field, "A list of at least one part.");
        }
        if (parts.size() > PARTS) {
            throw Invalid.field(field, "At most " + PARTS + " parts.");
        }
        boolean empty = true;
        for (int i = 0; i < parts.size(); i++) {
            empty &= isBlank(field + "[" + i + "]", parts.get(i));
        }
        if (empty) {
            throw Invalid.field(field, "The message is empty.");
        }
        return Json.of(parts);
    }

    private static boolean isBlank(String field, JsonNode part) {
        if (!part.isObject()) {
            throw Invalid.field(field, "A part is an object with a type.");
        }
        String type = string(field + ".type", part.path("type"));
        if (type.isBlank()) {
            throw Invalid.field(field + ".type", "A part has a type.");
        }
        for (String needed : needs(type)) {
            string(field + "." + needed, part.path(needed));
        }
        return type.equals("text") && part.path("text").stringValue().isBlank();
    }

    private static List<String> needs(String type) {
        return switch (type) {
            case "text", "reasoning" -> List.of("text");
            case "file" -> List.of("url", "mediaType");
            default -> List.of();
        };
    }

    static Json attachments(String field, JsonNode attachments) {
        if (attachments.isMissingNode() || attachments.isNull()) {
            return Json.EMPTY_ARRAY;
        }
        if (!attachments.isArray() || attachments.size() > ATTACHMENTS) {
            throw Invalid.field(field, "A list of at most " + ATTACHMENTS + " attachments.");
        }
        return Json.of(attachments);
    }

    static @Nullable Json metadata(String field, JsonNode metadata) {
        if (metadata.isMissingNode() || metadata.isNull()) {
            return null;
        }
        if (!metadata.isObject()) {
            throw Invalid.field(field, "An object.");
        }
        return metadata.isEmpty() ? null : Json.of(metadata);
    }

    /// What a client's metadata says, without what only the server says.
    private static @Nullable Json ownMetadata(String field, JsonNode metadata) {
        if (metadata instanceof ObjectNode own) {
            own.remove(SERVER_KEYS);
        }
        return metadata(field, metadata);
    }

    private static String string(String field, JsonNode node) {
        if (!node.isString()) {
            throw Invalid.field(field, node.isMissingNode() ? "This field is missing." : "A string.");
        }
        return node.stringValue();
    }
}
