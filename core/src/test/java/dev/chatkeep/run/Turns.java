package dev.chatkeep.run;

import dev.chatkeep.db.Json;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.message.Role;
import java.util.UUID;

/// Turns to begin in tests.
final class Turns {

    private static final Model MODEL = new Model("m", "test", null, 1_000, (prompt, cancellation, sink) -> {});

    private Turns() {}

    static Turn of(UUID user, String chat, String message, String text) {
        Json parts = Json.of(Json.MAPPER
                .createArrayNode()
                .add(Json.MAPPER.createObjectNode().put("type", "text").put("text", text)));
        NewMessage question = new NewMessage(message, Role.USER, parts, Json.EMPTY_ARRAY, null);
        return Turn.of(user, chat, question, MODEL);
    }

    /// Begins a turn that no answer is in the way of.
    static RunBegins.Begun begin(RunBegins begins, Turn turn, Json metadata) {
        return (RunBegins.Begun) begins.begin(turn, metadata, null);
    }
}
