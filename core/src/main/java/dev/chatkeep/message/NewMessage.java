package dev.chatkeep.message;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.TooLarge;
import dev.chatkeep.Ids;
import dev.chatkeep.JsonInput;
import dev.chatkeep.db.Json;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// A message to be written. Every one keeps the limits of [MessageInput], whoever made it, so no store looks at its
/// JSON again.
public final class NewMessage {

    private final Content content;

    private record Content(
            String id,
            Role role,
            Json parts,
            Json attachments,
            @Nullable Json metadata) {}

    /// A message that a Java caller makes. The JSON is kept as it would be from a client: NUL becomes U+FFFD.
    ///
    /// @param id as [Ids] has it, such as [Ids#make] makes one
    /// @param parts 1 to 256 parts in the form of the AI SDK's `UIMessage`, not all of them blank text
    /// @param attachments a list of at most 64
    /// @param metadata an object of the caller's own
    /// @throws Invalid naming the field that is wrong
    /// @throws TooLarge for more than [MessageInput#BYTES]
    public NewMessage(String id, Role role, Json parts, Json attachments, @Nullable Json metadata) {
        this(new Content(
                Ids.check("id", id),
                role,
                MessageInput.partList("parts", JsonInput.read("parts", parts)),
                MessageInput.attachments("attachments", JsonInput.read("attachments", attachments)),
                metadata == null ? null : MessageInput.metadata("metadata", JsonInput.read("metadata", metadata))));
        MessageInput.checkSize("message", this);
    }

    private NewMessage(Content content) {
        this.content = content;
    }

    /// A message that [MessageInput] has read, field by field.
    static NewMessage checked(String id, Role role, Json parts, Json attachments, @Nullable Json metadata) {
        return new NewMessage(new Content(id, role, parts, attachments, metadata));
    }

    public String id() {
        return content.id();
    }

    public Role role() {
        return content.role();
    }

    public Json parts() {
        return content.parts();
    }

    public Json attachments() {
        return content.attachments();
    }

    public @Nullable Json metadata() {
        return content.metadata();
    }

    /// The text of its text parts.
    public String text() {
        return texts(Part.list(parts()));
    }

    /// Bytes of its parts, attachments and metadata as JSON in UTF-8, without spaces between.
    public long bytes() {
        Json metadata = metadata();
        return parts().utf8Length() + attachments().utf8Length() + (metadata == null ? 0 : metadata.utf8Length());
    }

    private static String texts(List<Part> parts) {
        return parts.stream()
                .map(part -> part instanceof Part.Text(String text) ? text : "")
                .collect(Collectors.joining(" "))
                .strip();
    }

    /// The messages as one JSON list, written around the JSON they bring.
    public static String list(List<NewMessage> messages) {
        var list = new StringWriter();
        try (JsonGenerator json = Json.MAPPER.createGenerator(list)) {
            json.writeStartArray();
            for (NewMessage message : messages) {
                json.writeStartObject();
                json.writeStringProperty("id", message.id());
                json.writeStringProperty("role", message.role().word());
                write(json, "parts", message.parts());
                write(json, "attachments", message.attachments());
                Json metadata = message.metadata();
                if (metadata != null) {
                    write(json, "metadata", metadata);
                }
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        return list.toString();
    }

    private static void write(JsonGenerator json, String name, Json value) {
        json.writeName(name);
        json.writeRawValue(value.text());
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof NewMessage message && message.content.equals(content);
    }

    @Override
    public int hashCode() {
        return content.hashCode();
    }

    /// Which message it is, without what it says: it may stand in a log.
    @Override
    public String toString() {
        return "NewMessage[id=" + id() + ", role=" + role().word() + "]";
    }
}
