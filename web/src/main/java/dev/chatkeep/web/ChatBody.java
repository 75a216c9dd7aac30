package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.TooLarge;
import dev.chatkeep.Ids;
import dev.chatkeep.JsonInput;
import dev.chatkeep.chat.ChatPatch;
import dev.chatkeep.message.MessageInput;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.payment.Charge;
import dev.chatkeep.run.Ask;
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
/// messages only the last one is ever held in memory, and the id of the one before it, which says what its
/// sender saw: history comes from the store, never from the client.
final class ChatBody {

    /// The largest body, in bytes.
    static final int BYTES = 32 << 20;

    /// What is passed over may be nested deeper than what is taken.
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(10_000).build())
            .build();

    private static final Set<String> WORDS = Set.of(
            "id", "chatId", "modelId", "model", "reasoningEffort", "sandboxId", "trigger", "messageId", "parentId");
    private static final int WORD_BYTES = 4096;
    private static final int KEY_LENGTH = 255;

    private final Map<String, String> words = new HashMap<>();
    private byte @Nullable [] message;
    private String messageField = "messages";
    private boolean isTooLarge;
    private @Nullable String lastId;
    private @Nullable String beforeLastId;

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
    ///
    /// @param key the header `Idempotency-Key`, if there is one
    Turn turn(UUID userId, Models models, Function<Model, Charge> charges, @Nullable String key) {
        Ask ask = ask();
        String modelField = words.containsKey("modelId") ? "modelId" : "model";
        String chatId = chatId();
        Model model = models.choose(modelField, words.get(modelField));
        return new Turn(
                userId,
                chatId == null ? Ids.make() : chatId,
                chatId == null,
                ask,
                model,
                reasoningEffort(),
                sandboxId(),
                charges.apply(model),
                key(key));
    }

    private Ask ask() {
        String messageId = id("messageId");
        return switch (words.getOrDefault("trigger", "submit-message")) {
            case "submit-message" -> {
                NewMessage said = said();
                String parentId = words.containsKey("parentId") ? id("parentId") : beforeLastId;
                if (messageId == null) {
                    yield new Ask.Send(said, parentId);
                }
                if (!messageId.equals(said.id())) {
                    throw Invalid.field("messageId", "The id of the last message, to say that one anew.");
                }
                yield new Ask.Edit(said, parentId);
            }
            case "regenerate-message" -> new Ask.Regenerate(messageId, lastId);
            default ->
                throw new Invalid(
                        "unsupported_trigger", "trigger", "One of \"submit-message\" and \"regenerate-message\".");
        };
    }

    private NewMessage said() {
        if (message == null) {
            throw isTooLarge
                    ? MessageInput.tooLarge(messageField)
                    : Invalid.field(messageField, "This field is missing: send messages, or one message.");
        }
        return MessageInput.read(messageField, message);
    }

    private static @Nullable String key(@Nullable String key) {
        if (key != null && (key.isBlank() || key.length() > KEY_LENGTH)) {
            throw Invalid.field("Idempotency-Key", "1 to " + KEY_LENGTH + " characters.");
        }
        return key;
    }

    private @Nullable String id(String field) {
        String id = words.get(field);
        return id == null ? null : Ids.check(field, id);
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
                beforeLastId = null;
                readMessage(json, input);
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
        lastId = null;
        for (int i = 0; json.nextToken() != JsonToken.END_ARRAY; i++) {
            messageField = "messages[" + i + "]";
            beforeLastId = lastId;
            readMessage(json, input);
        }
    }

    private void readMessage(JsonParser json, RecordedInput input) throws IOException {
        mark(json, input);
        lastId = null;
        if (json.currentToken() == JsonToken.START_OBJECT) {
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                boolean isId = json.currentName().equals("id");
                if (json.nextToken() == JsonToken.VALUE_STRING && isId) {
                    lastId = Ids.orNull(json.getString());
                } else {
                    json.skipChildren();
                }
            }
        }
        message = recorded(json, input);
        isTooLarge = message == null;
    }

    private void readWord(JsonParser json, RecordedInput input, String field) throws IOException {
        byte[] text = read(json, input, field);
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

    private static byte[] read(JsonParser json, RecordedInput input, String field) throws IOException {
        mark(json, input);
        byte[] value = recorded(json, input);
        if (value == null) {
            throw MessageInput.tooLarge(field);
        }
        return value;
    }

    /// Records from the value that the parser stands at the beginning of.
    private static void mark(JsonParser json, RecordedInput input) {
        long start = json.currentTokenLocation().getByteOffset();
        if (start < 0) {
            throw new Invalid("malformed_json", null, "The body is JSON in UTF-8.");
        }
        input.mark(start);
    }

    /// The bytes of the value up to its end, where the parser then stands; null when there are more than a
    /// message may have.
    private static byte @Nullable [] recorded(JsonParser json, RecordedInput input) throws IOException {
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
