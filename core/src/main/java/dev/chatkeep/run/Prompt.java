package dev.chatkeep.run;

import dev.chatkeep.message.Part;
import dev.chatkeep.message.Role;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a model is asked: the system prompt and the newest messages that fit its window, oldest first, ending
/// with the message to answer.
public record Prompt(
        @Nullable String system, List<Turn> turns, @Nullable ReasoningEffort reasoningEffort) {

    public Prompt {
        turns = List.copyOf(turns);
    }

    /// One message of the history, as the model sees it.
    public record Turn(Role role, List<Part> parts) {
        public Turn {
            parts = List.copyOf(parts);
        }
    }
}
