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

    /// A file that the model made, such as a picture. `url` is a `data:` URL, or an address of `http` or `https`;
    /// `mediaType` may be of any kind.
    record File(String mediaType, String url) implements ModelEvent {}

    /// What the step has used until now, as totals: what counts if it is stopped or fails. May come any number of
    /// times; the last one holds.
    record UsageSoFar(Usage usage) implements ModelEvent {}

    /// The end of the step. A usage of [Usage#NONE] leaves the last [UsageSoFar] in force.
    record Finish(FinishReason reason, Usage usage) implements ModelEvent {}

    /// Tokens as the provider counts them, each from 0 to [#MAX_TOKENS]; 0 where it does not say.
    record Usage(long input, long output) {

        public static final long MAX_TOKENS = 1_000_000_000_000L;

        public static final Usage NONE = new Usage(0, 0);

        /// @throws IllegalArgumentException for a count below 0 or above [#MAX_TOKENS]
        public Usage {
            if (!isCount(input) || !isCount(output)) {
                throw new IllegalArgumentException("A number of tokens is between 0 and " + MAX_TOKENS + ".");
            }
        }

        private static boolean isCount(long tokens) {
            return tokens >= 0 && tokens <= MAX_TOKENS;
        }

        public long total() {
            return input + output;
        }
    }
}
