package dev.chatkeep.langchain4j;

import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.GenerationException.Kind;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Why a model stopped, in the words of all protocols: gateways pass on the word of whoever they asked.
final class FinishReasons {

    private FinishReasons() {}

    /// The reason in a field that holds a word, or an object with the word as its `type`; null where it says nothing.
    ///
    /// A word that is not known is not an error by itself: what was said decides (see [Said#finish]).
    ///
    /// @throws GenerationException where the word says that the answer is not whole
    static @Nullable FinishReason of(JsonNode field, Failures failures) throws GenerationException {
        String given =
                (field.isObject() ? field.path("type") : field).asStringOpt().orElse("");
        String word = given.strip().toLowerCase(Locale.ROOT);
        return switch (word) {
            case "", "null", "none", "false", "finish_reason_unspecified" -> null;
            case "stop", "eos", "eos_token", "end_turn", "stop_sequence" -> FinishReason.STOP;
            case "length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded" ->
                FinishReason.LENGTH;
            case "tool_calls", "tool_call", "tool_use", "function_call" -> FinishReason.TOOL_CALLS;
            case "content_filter",
                    "sensitive",
                    "refusal",
                    "safety",
                    "recitation",
                    "language",
                    "blocklist",
                    "prohibited_content",
                    "spii",
                    "image_safety",
                    "image_prohibited_content",
                    "image_recitation" -> FinishReason.CONTENT_FILTER;
            case "error",
                    "abort",
                    "network_error",
                    "malformed_function_call",
                    "unexpected_tool_call",
                    "too_many_tool_calls",
                    "missing_thought_signature",
                    "malformed_response" -> throw failures.broken("The model ended with " + said(field));
            case "insufficient_system_resource" ->
                throw failures.of(Kind.UNAVAILABLE, "The model ended with " + said(field), null);
            default -> FinishReason.OTHER;
        };
    }

    private static String said(JsonNode field) {
        return field.asStringOpt().orElseGet(field::toString) + ".";
    }
}
