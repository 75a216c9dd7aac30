package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.TooLarge;
import dev.chatkeep.Ids;
import dev.chatkeep.JsonInput;
import dev.chatkeep.chat.ChatPatch;
import dev.chatkeep.message.MessageInput;
import dev.chatkeep.payment.Charge;
import dev.chatkeep.run.Model;
import dev.chatkeep.run.Models;
import dev.chatkeep.run.ReasoningEffort;
import dev.chatkeep.run.Turn;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;

/// The body of `POST /api/chat`, as stock AI SDK clients, the original's clients and plain ones send it.
///
/// A stock client posts the whole history every time. The body is read as a stream of tokens, and of all
/// messages only the last one is ever held in memory: history comes from the store, never from the client.
final class ChatBody {

    /// The largest body, in bytes.
    static final int BYTES = 32 << 20;

    /// What is passed over may be nested deeper than what is taken.
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(10_000).build())
            .build();

    private static final Set<String> WORDS =
            Set.of("id", "chatId", "modelId", "model", "reasoningEffort", "sandboxId", "trigger");
    private static final int WORD_BYTES = 4096;

    private final Map<String, String> words = new HashMap<>();
    private byte @Nullable [] message;
    private String messageField = "messages";

    private ChatBody() {}

    /// Reads the body to its end.
    ///
    /// @throws Invalid for what is not JSON
    /// @throws TooLarge for a body above [#BYTES], or a last message above its limit
    static ChatBody read(HttpServletRequest request) {
        ChatBody body = new ChatBody();
        try (RecordedInput input = new RecordedInput(request.getInputStream(), BYTES, MessageInput.BYTES);
                JsonParser json = JSON.createParser(ObjectReadContext.empty(), input)) {
            body.read(json, input);
        } catch (JacksonIOException broken) {
            throw input(broken.getCause());
        } catch (JacksonException malformed) {
            Invalid invalid = new Invalid("malformed_json", null, "The body is not valid JSON.");
            invalid.initCause(malformed);
            throw invalid;
        } catch (IOException broken) {
            throw input(broken);
        }
        return body;
    }

    /// What is asked, checked field by field. Nothing in a body says who asks or what it costs.
    Turn turn(UUID userId, Models models, Function<Model, Charge> charges) {
        String trigger = words.getOrDefault("trigger", "submit-message");
        if (!trigger.equals("submit-message")) {
            throw new Invalid("unsupported_trigger", "trigger", "Only \"submit-message\" is answered.");
        }
        String modelField = words.containsKey("modelId") ? "modelId" : "model";
        if (message == null) {
            throw Invalid.field(messageField, "This field is missing: send messages, or one message.");
        }
        String chatId = chatId();
        Model model = models.choose(modelField, words.get(modelField));
        return new Turn(
                userId,
                chatId == null ? Ids.make() : chatId,
                chatId == null,
                MessageInput.read(messageField, message),
                model,
                reasoningEffort(),
                sandboxId(),
                charges.apply(model));
    }

    private @Nullable String chatId() {
        String field = words.containsKey("chatId") ? "chatId" : "id";
        String id = words.get(field);
        return id == null ? null : Ids.checkChat(field, id);
    }

    private @Nullable ReasoningEffort reasoningEffort() {
        return switch (words.get("reasoningEffort")) {
            case null -> null;
            case "low" -> ReasoningEffort.LOW;
            case "medium" -> ReasoningEffort.MEDIUM;
            case "high" -> ReasoningEffort.HIGH;
            default -> throw Invalid.field("reasoningEffort", "One of \"low\", \"medium\" and \"high\".");
        };
    }

    private @Nullable String sandboxId() {
        String id = words.get("sandboxId");
        if (id != null && id.length() > ChatPatch.SANDBOX_ID_LENGTH) {
            throw Invalid.field("sandboxId", "At most " + ChatPatch.SANDBOX_ID_LENGTH + " characters.");
        }
        return id;
    }

    private void read(JsonParser json, RecordedInput input) throws IOException {
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw new Invalid("malformed_json", null, "The body is an object.");
        }
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String field = json.currentName();
            JsonToken value = json.nextToken();
            if (field.equals("messages")) {
                readMessages(json, input, value);
            } else if (field.equals("message")) {
                messageField = field;
                message = recorded(json, input, field);
            } else if (WORDS.contains(field)) {
                readWord(json, input, field);
            } else {
                json.skipChildren();
            }
        }
        if (json.nextToken() != null) {
            throw new Invalid("malformed_json", null, "The body goes on behind its end.");
        }
    }

    private void readMessages(JsonParser json, RecordedInput input, JsonToken start) throws IOException {
        if (start != JsonToken.START_ARRAY) {
            throw Invalid.field("messages", "A list of messages.");
        }
        boolean tooLarge = false;
        for (int i = 0; json.nextToken() != JsonToken.END_ARRAY; i++) {
            byte[] last = record(json, input);
            messageField = "messages[" + i + "]";
            message = last;
            tooLarge = last == null;
        }
        if (tooLarge) {
            throw MessageInput.tooLarge(messageField);
        }
    }

    private void readWord(JsonParser json, RecordedInput input, String field) throws IOException {
        byte[] text = recorded(json, input, field);
        if (text.length > WORD_BYTES) {
            throw Invalid.field(field, "Too long.");
        }
        var value = JsonInput.read(field, text);
        if (value.isNull()) {
            return;
        }
        if (!value.isString()) {
            throw Invalid.field(field, "A string.");
        }
        words.put(field, value.stringValue());
    }

    private static byte[] recorded(JsonParser json, RecordedInput input, String field) throws IOException {
        byte[] value = record(json, input);
        if (value == null) {
            throw MessageInput.tooLarge(field);
        }
        return value;
    }

    /// The bytes of the value that the parser stands at the beginning of; null when there are more than a
    /// message may have. The parser then stands at the value's end.
    private static byte @Nullable [] record(JsonParser json, RecordedInput input) throws IOException {
        long start = json.currentTokenLocation().getByteOffset();
        if (start < 0) {
            throw new Invalid("malformed_json", null, "The body is JSON in UTF-8.");
        }
        input.mark(start);
        if (json.currentToken().isStructStart()) {
            json.skipChildren();
        } else {
            json.finishToken();
        }
        return input.recorded(json.currentLocation().getByteOffset());
    }

    private static RuntimeException input(@Nullable Throwable broken) {
        return broken instanceof RecordedInput.TooLongException
                ? new TooLarge(null, "The body has at most " + BYTES + " bytes.")
                : Body.unreadable(broken instanceof IOException io ? io : new IOException(broken));
    }
}
