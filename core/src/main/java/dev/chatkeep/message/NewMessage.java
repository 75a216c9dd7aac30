package dev.chatkeep.message;

import dev.chatkeep.db.Json;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// A message that a client sends, checked by [MessageInput].
public record NewMessage(
        String id,
        Role role,
        Json parts,
        Json attachments,
        @Nullable Json metadata) {

    /// The text of its text parts.
    public String text() {
        return texts(Part.list(parts));
    }

    /// Bytes of its parts, attachments and metadata as JSON in UTF-8, without spaces between.
    public long bytes() {
        return bytes(parts) + bytes(attachments) + (metadata == null ? 0 : bytes(metadata));
    }

    private static long bytes(Json json) {
        return json.text().getBytes(StandardCharsets.UTF_8).length;
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
                if (message.metadata() != null) {
                    write(json, "metadata", message.metadata());
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
}
