package dev.chatkeep.run;

import dev.chatkeep.ChatkeepException;
import dev.chatkeep.JsonInput;
import dev.chatkeep.db.Json;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// The arguments of a tool call as a model wrote them: text that ought to be JSON, and may be anything.
final class ToolArguments {

    private ToolArguments() {}

    /// The arguments, made storable; empty when they are not JSON, not complete, or beyond what can be stored.
    /// No text at all means no arguments.
    static Optional<Json> read(String text) {
        return strict(text.isBlank() ? "{}" : text);
    }

    /// The same of a text that has to be there.
    static Optional<Json> strict(String text) {
        try {
            return Optional.of(Json.of(JsonInput.read("input", text.getBytes(StandardCharsets.UTF_8))));
        } catch (ChatkeepException.Invalid unusable) {
            return Optional.empty();
        }
    }
}
