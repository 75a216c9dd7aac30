package dev.chatkeep.message;

import dev.chatkeep.db.Json;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

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

    private static String texts(List<Part> parts) {
        return parts.stream()
                .map(part -> part instanceof Part.Text(String text) ? text : "")
                .collect(Collectors.joining(" "))
                .strip();
    }
}
