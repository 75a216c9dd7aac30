package dev.chatkeep.langchain4j;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Events of Anthropic's messages. Each block of thinking ends with its own signature, also where blocks of thinking
/// and text alternate; a redacted one is an end without a word, `{"anthropic":{"redactedData":"..."}}`.
final class AnthropicAnswer extends Answer {

    private static final class Block {
        final String type;
        final @Nullable String toolCallId;
        final StringBuilder arguments = new StringBuilder();
        String signature = "";

        Block(String type, @Nullable String toolCallId) {
            this.type = type;
            this.toolCallId = toolCallId;
        }
    }

    private final Map<Integer, Block> blocks = new HashMap<>();

    AnthropicAnswer(Said said, Failures failures) {
        super(said, failures);
    }

    @Override
    void take(JsonNode frame) throws GenerationException {
        int index = frame.path("index").asInt(0);
        switch (text(frame, "type")) {
            case "message_start" -> count(frame.path("message").path("usage"));
            case "content_block_start" -> start(index, frame.path("content_block"));
            case "content_block_delta" -> delta(blocks.get(index), frame.path("delta"));
            case "content_block_stop" -> stop(blocks.remove(index));
            case "message_delta" -> {
                count(frame.path("usage"));
                String word = text(frame.path("delta"), "stop_reason");
                if (!word.isEmpty()) {
                    reason = reason(word);
                }
            }
            case "message_stop" -> ended = true;
            default -> {} // ping, and what is still to be invented ("Unknown event types should be handled gracefully")
        }
    }

    private void start(int index, JsonNode content) throws GenerationException {
        String type = text(content, "type");
        boolean tool = type.equals("tool_use");
        Block block = new Block(type, tool ? said.startTool(text(content, "id"), text(content, "name")) : null);
        blocks.put(index, block);
        delta(block, content);
        if (tool && !content.path("input").isEmpty()) {
            argue(block, Json.of(content.path("input")).text());
        }
        if (type.equals("redacted_thinking")) {
            said.endReasoning(metadata("redactedData", text(content, "data")));
        }
    }

    private void delta(@Nullable Block block, JsonNode delta) throws GenerationException {
        if (block == null) {
            throw failures.broken("A delta belongs to no block.");
        }
        switch (block.type) {
            case "text" -> said.text(text(delta, "text"));
            case "thinking" -> {
                said.reasoning(text(delta, "thinking"));
                block.signature += text(delta, "signature");
            }
            case "tool_use" -> argue(block, text(delta, "partial_json"));
            default -> {} // tools that run at the provider's: Chatkeep asks for none
        }
    }

    private void argue(Block block, String json) {
        block.arguments.append(json);
        if (block.toolCallId != null) {
            said.toolDelta(block.toolCallId, json);
        }
    }

    private void stop(@Nullable Block block) throws GenerationException {
        if (block == null) {
            throw failures.broken("A block ended that had not begun.");
        }
        if (block.toolCallId != null) {
            said.toolInput(block.toolCallId, block.arguments.toString());
        } else if (block.type.equals("thinking")) {
            said.endReasoning(block.signature.isEmpty() ? null : metadata("signature", block.signature));
        }
    }

    private static Json metadata(String field, String value) {
        return Json.of(Json.MAPPER
                .createObjectNode()
                .set("anthropic", Json.MAPPER.createObjectNode().put(field, value)));
    }

    /// What was read from a cache or written to one is input as well. The counts are totals, not deltas.
    private void count(JsonNode usage) {
        if (usage.path("input_tokens").isNumber()) {
            inputTokens = usage.path("input_tokens").asLong()
                    + usage.path("cache_read_input_tokens").asLong(0)
                    + usage.path("cache_creation_input_tokens").asLong(0);
        }
        outputTokens = usage.path("output_tokens").asLong(outputTokens);
    }

    private static FinishReason reason(String word) {
        return switch (word) {
            case "end_turn", "stop_sequence" -> FinishReason.STOP;
            case "max_tokens", "model_context_window_exceeded" -> FinishReason.LENGTH;
            case "tool_use" -> FinishReason.TOOL_CALLS;
            case "refusal" -> FinishReason.CONTENT_FILTER;
            default -> FinishReason.OTHER;
        };
    }
}
