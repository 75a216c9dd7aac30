package dev.chatkeep.run;

import dev.chatkeep.ChatkeepException;
import dev.chatkeep.JsonInput;
import dev.chatkeep.db.Json;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// The arguments of a tool call as a model wrote them: text that ought to be JSON, and may be anything.
final class ToolArguments {

    private ToolArguments() {}

    /// The arguments, made storable; empty when they are not JSON, not complete, or beyond what can be stored. No
    /// text at all means no arguments.
    static Optional<Json> read(String text) {
        String json = text.isBlank() ? "{}" : text;
        try {
            return Optional.of(Json.of(JsonInput.read("input", json.getBytes(StandardCharsets.UTF_8))));
        } catch (ChatkeepException.Invalid unusable) {
            return Optional.empty();
        }
    }

    /// The text itself, for whoever wants to see what could not be used.
    static Json verbatim(String text) {
        return new Json(Json.MAPPER.writeValueAsString(text));
    }
}
