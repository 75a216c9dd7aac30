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
import dev.chatkeep.run.Ask.Parent;
import dev.chatkeep.run.IfRunning;
import dev.chatkeep.run.Model;
import dev.chatkeep.run.Models;
import dev.chatkeep.run.ReasoningEffort;
import dev.chatkeep.run.Turn;
import dev.chatkeep.web.PostedMessages.Posted;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
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
/// messages only the end is held in memory ([PostedMessages]): history comes from the store, never from the
/// client.
final class ChatBody {

    /// The largest body, in bytes.
    static final int BYTES = 32 << 20;

    /// What is passed over may be nested deeper than what is taken. No text but ids and words is ever made of
    /// it.
    private static final StreamReadConstraints CONSTRAINTS = StreamReadConstraints.builder()
            .maxNestingDepth(10_000)
            .maxStringLength(1 << 16)
            .build();

    private static final Set<String> WORDS = Set.of(
            "id",
            "chatId",
            "modelId",
            "model",
            "reasoningEffort",
            "sandboxId",
            "trigger",
            "messageId",
            "parentId",
            "ifRunning");
    private static final int WORD_BYTES = 4096;
    private static final int KEY_LENGTH = 255;

    /// A parser keeps each name that it meets until it ends; shorter ones are few or the same.
    private static final int LONG_NAME = 32;

    private static final int NAME_WEIGHT = 3;

    private final Map<String, String> words = new HashMap<>();
    private PostedMessages posted = new PostedMessages();
    private boolean isRoot;

    private ChatBody() {}

    /// Reads the body to its end. The room for what its message becomes is held until [Body#release].
    ///
    /// @throws Invalid for what is not JSON
    /// @throws TooLarge for a body above [#BYTES], or a last message above its limit
    static ChatBody read(HttpServletRequest request) {
        BodyBudget.Lease lease = Body.lease(request);
        ChatBody body = new ChatBody();
        // A factory remembers thousands of names for the next parser, however long they are.
        JsonFactory factory =
                JsonFactory.builder().streamReadConstraints(CONSTRAINTS).build();
        try (RecordedInput input =
                        new RecordedInput(Body.open(request, BYTES), BYTES, MessageInput.WRITTEN_BYTES, lease);
                JsonParser json = factory.createParser(ObjectReadContext.empty(), input)) {
            body.read(json, input);
        } catch (JacksonIOException broken) {
            throw Body.refusal(request, Objects.requireNonNull(broken.getCause()));
        } catch (JacksonException malformed) {
            Invalid invalid = new Invalid("malformed_json", null, "The body is not valid JSON.");
            invalid.initCause(malformed);
            throw invalid;
        } catch (IOException broken) {
            throw Body.refusal(request, broken);
        }
        RequestClock.of(request).bodyRead();
        lease.holdParsed(body.posted.weight());
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
                ifRunning(),
                key(key));
    }

    private Ask ask() {
        String messageId = id("messageId");
        return switch (words.getOrDefault("trigger", "submit-message")) {
            case "submit-message" -> {
                Ask.Send send = send(posted.last()
                        .orElseThrow(() -> Invalid.field(
                                "messages", "This field is missing: send `messages`, or one `message`.")));
                if (messageId == null) {
                    yield send;
                }
                if (!messageId.equals(send.message().id())) {
                    throw Invalid.field("messageId", "`messageId` must be the id of the last message, to edit it.");
                }
                yield new Ask.Edit(send);
            }
            case "regenerate-message" ->
                new Ask.Regenerate(
                        messageId,
                        posted.last().map(Posted::id).orElse(null),
                        posted.last()
                                .filter(last -> last.isUsers() && last.hasWords())
                                .map(this::send)
                                .orElse(null));
            default ->
                throw new Invalid(
                        "unsupported_trigger", "trigger", "One of \"submit-message\" and \"regenerate-message\".");
        };
    }

    /// What the last message follows: what the body says, else what stands before it in `messages`. A message
    /// that stands alone follows whatever is shown, since many clients send only their last one.
    private Ask.Send send(Posted last) {
        NewMessage message = last.read();
        String parentId = id("parentId");
        if (isRoot) {
            return new Ask.Send(message, Parent.ROOT);
        }
        if (parentId != null && !posted.isUnsentTip(parentId)) {
            return new Ask.Send(message, new Parent.Message(parentId));
        }
        Parent start = parentId == null ? Parent.TIP : Parent.ROOT;
        return new Ask.Send(message, posted.parent(start), posted.unsent());
    }

    private @Nullable IfRunning ifRunning() {
        return switch (words.get("ifRunning")) {
            case null -> null;
            case "stop" -> IfRunning.STOP;
            case "refuse" -> IfRunning.REFUSE;
            default -> throw Invalid.field("ifRunning", "`ifRunning` must be \"stop\" or \"refuse\".");
        };
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
                posted = new PostedMessages();
                add(readMessage(json, input, field), input);
            } else if (WORDS.contains(field)) {
                readWord(json, input, field);
            } else {
                skip(json, input);
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
        posted = new PostedMessages();
        for (int i = 0; json.nextToken() != JsonToken.END_ARRAY; i++) {
            add(readMessage(json, input, "messages[" + i + "]"), input);
        }
    }

    private void add(Posted message, RecordedInput input) {
        posted.add(message);
        input.holdKept(posted.bytes());
    }

    private static Posted readMessage(JsonParser json, RecordedInput input, String field) throws IOException {
        mark(json, input);
        String id = null;
        String role = null;
        if (json.currentToken() == JsonToken.START_OBJECT) {
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = json.currentName();
                boolean isString = json.nextToken() == JsonToken.VALUE_STRING;
                if (isString && name.equals("id")) {
                    id = Ids.orNull(json.getString());
                } else if (isString && name.equals("role")) {
                    role = json.getString();
                } else {
                    skip(json, input);
                }
            }
        }
        return new Posted(field, id, role, recorded(json, input));
    }

    private void readWord(JsonParser json, RecordedInput input, String field) throws IOException {
        byte[] text = read(json, input, field);
        if (text.length > WORD_BYTES) {
            throw Invalid.field(field, "Too long.");
        }
        var value = JsonInput.read(field, text);
        if (value.isNull()) {
            isRoot |= field.equals("parentId");
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

    /// Goes to the end of the value that the parser stands at the beginning of.
    private static void skip(JsonParser json, RecordedInput input) {
        int depth = json.currentToken().isStructStart() ? 1 : 0;
        while (depth > 0) {
            switch (json.nextToken()) {
                case null -> throw new Invalid("malformed_json", null, "The body is not valid JSON.");
                case START_OBJECT, START_ARRAY -> depth++;
                case END_OBJECT, END_ARRAY -> depth--;
                case PROPERTY_NAME -> {
                    int length = json.currentName().length();
                    input.holdMore(length > LONG_NAME ? NAME_WEIGHT * length : 0);
                }
                default -> {}
            }
        }
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
            skip(json, input);
        } else {
            json.finishToken();
        }
        return input.recorded(json.currentLocation().getByteOffset());
    }
}
