package dev.chatkeep.langchain4j;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Events of Anthropic's messages. Each block of thinking ends with its own signature, also where blocks of
/// thinking and text alternate; a redacted one is an end without a word,
/// `{"anthropic":{"redactedData":"..."}}`.
///
/// Gateways leave events out: a delta begins the block that nobody began, and the end of the message ends the
/// blocks that nobody ended.
final class AnthropicAnswer extends Answer {

    private static final int MAX_BLOCKS = 1_000;

    private static final class Block {
        final @Nullable String toolCallId;
        final Arguments arguments = new Arguments();
        final StringBuilder signature = new StringBuilder();

        Block(@Nullable String toolCallId) {
            this.toolCallId = toolCallId;
        }
    }

    /// The blocks that have not ended.
    private final Map<Integer, Block> blocks = new TreeMap<>();

    AnthropicAnswer(Said said, Failures failures, @Nullable Duration retryAfter) {
        super(said, failures, retryAfter);
    }

    @Override
    void take(JsonNode frame, @Nullable String event) throws GenerationException {
        int index = frame.path("index").asInt(0);
        String type = text(frame, "type");
        switch (type.isEmpty() && event != null ? event : type) {
            case "message_start" -> count(frame.path("message").path("usage"));
            case "content_block_start" -> start(index, frame.path("content_block"));
            case "content_block_delta" -> delta(index, frame.path("delta"));
            case "content_block_stop" -> stop(index);
            case "message_delta" -> {
                count(frame.path("usage"));
                end(frame.path("delta"));
            }
            case "message_stop" -> ended = true;
            case "message" -> message(frame);
            default -> {} // what is still to be invented ("Unknown event types should be handled gracefully")
        }
    }

    /// A whole answer in one body.
    private void message(JsonNode message) throws GenerationException {
        count(message.path("usage"));
        for (JsonNode content : message.path("content")) {
            start(0, content);
            stop(0);
        }
        end(message);
    }

    private void end(JsonNode message) throws GenerationException {
        FinishReason why = FinishReasons.of(message.path("stop_reason"), failures);
        reason = why == null ? reason : why;
    }

    private void start(int index, JsonNode content) throws GenerationException {
        stop(index);
        String type = text(content, "type");
        switch (type) {
            case "text", "thinking" -> add(begin(index, null), content);
            case "redacted_thinking" -> said.endReasoning(metadata("redactedData", text(content, "data")));
            case "tool_use" -> {
                Block block = begin(index, said.startTool(text(content, "id"), text(content, "name")));
                if (!content.path("input").isEmpty()) {
                    argue(block, Json.of(content.path("input")).text());
                }
            }
            default -> {
                // Tools that run at the provider's, for one: Chatkeep asks for none.
                said.leaveOut(type);
                begin(index, null);
            }
        }
    }

    private Block begin(int index, @Nullable String toolCallId) throws GenerationException {
        if (blocks.size() == MAX_BLOCKS) {
            throw failures.tooLong("The answer has more than " + MAX_BLOCKS + " blocks at once.");
        }
        Block block = new Block(toolCallId);
        blocks.put(index, block);
        return block;
    }

    private void delta(int index, JsonNode delta) throws GenerationException {
        Block block = blocks.get(index);
        if (block == null && delta.has("partial_json")) {
            throw failures.broken("The arguments of a tool call belong to no call.");
        }
        add(block == null ? begin(index, null) : block, delta);
    }

    private void add(Block block, JsonNode delta) throws GenerationException {
        said.reasoning(text(delta, "thinking"));
        said.text(text(delta, "text"));
        String signature = text(delta, "signature");
        said.hold(signature.length());
        block.signature.append(signature);
        argue(block, text(delta, "partial_json"));
    }

    private void argue(Block block, String json) throws GenerationException {
        if (block.toolCallId != null && !json.isEmpty()) {
            said.hold(json.length());
            said.toolDelta(block.toolCallId, block.arguments.add(json) ? json : "");
        }
    }

    private void stop(int index) throws GenerationException {
        Block block = blocks.remove(index);
        if (block == null) {
            return;
        }
        if (block.toolCallId != null) {
            said.toolInput(block.toolCallId, block.arguments.toString());
        } else if (!block.signature.isEmpty()) {
            said.endReasoning(metadata("signature", block.signature.toString()));
        } else {
            said.endReasoning(null);
        }
    }

    /// Ends what nobody ended, but no call whose arguments were cut.
    @Override
    void complete() throws GenerationException {
        for (Map.Entry<Integer, Block> open : List.copyOf(blocks.entrySet())) {
            Arguments arguments = open.getValue().arguments;
            if (reason != null && (arguments.isBlank() || arguments.isWhole())) {
                stop(open.getKey());
            }
        }
    }

    private static Json metadata(String field, String value) {
        return Json.of(Json.MAPPER
                .createObjectNode()
                .set("anthropic", Json.MAPPER.createObjectNode().put(field, value)));
    }

    /// What was read from a cache or written to one is input as well. The counts are totals, not deltas.
    private void count(JsonNode usage) {
        used(
                tokens(
                        usage.path("input_tokens"),
                        usage.path("cache_read_input_tokens"),
                        usage.path("cache_creation_input_tokens")),
                tokens(usage.path("output_tokens")));
    }
}
