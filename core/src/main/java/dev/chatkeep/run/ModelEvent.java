package dev.chatkeep.run;

import dev.chatkeep.db.Json;
import org.jspecify.annotations.Nullable;

/// What a model says while it answers, in the order in which it says it. All text is deltas, never cumulative.
public sealed interface ModelEvent {

    record TextDelta(String text) implements ModelEvent {}

    record ReasoningDelta(String text) implements ModelEvent {}

    /// Ends a block of reasoning. `providerMetadata` is an object keyed by provider, such as
    /// `{"anthropic":{"signature":"..."}}`, that must go back with the block on the next step.
    record ReasoningEnd(@Nullable Json providerMetadata) implements ModelEvent {}

    /// A tool call begins; its arguments follow as deltas, or at once as [ToolInput].
    record ToolInputStart(String toolCallId, String toolName) implements ModelEvent {}

    /// A piece of the arguments' JSON text.
    record ToolInputDelta(String toolCallId, String json) implements ModelEvent {}

    /// The complete arguments of a tool call; comes once for each call, with or without deltas before it.
    /// `input` is the model's own text and need not be valid JSON.
    record ToolInput(String toolCallId, String toolName, String input) implements ModelEvent {}

    /// The result of a tool which the provider itself executed.
    record ToolOutput(String toolCallId, Json output) implements ModelEvent {}

    /// The end of the step.
    record Finish(FinishReason reason, Usage usage) implements ModelEvent {}

    /// Tokens as the provider counts them; 0 where it does not say.
    record Usage(long input, long output) {
        public static final Usage NONE = new Usage(0, 0);

        public long total() {
            return input + output;
        }

        public Usage plus(Usage other) {
            return new Usage(input + other.input, output + other.output);
        }
    }
}
