package dev.chatkeep.langchain4j;

import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Chunks of OpenAI's chat completions, with what compatible servers add or leave out: reasoning as
/// `reasoning_content`, `reasoning` or a list of blocks, tool calls without an index or an id, or all under index 0.
final class OpenAiAnswer extends Answer {

    private static final class Call {
        final String id;
        final @Nullable String providerId;
        final StringBuilder arguments = new StringBuilder();

        Call(String id, @Nullable String providerId) {
            this.id = id;
            this.providerId = providerId;
        }
    }

    /// The calls that are still being told, by index.
    private final Map<Integer, Call> calls = new LinkedHashMap<>();

    private int lastIndex = -1;

    OpenAiAnswer(Said said, Failures failures) {
        super(said, failures);
    }

    @Override
    void take(JsonNode frame) throws GenerationException {
        JsonNode usage = frame.path("usage");
        if (usage.isObject()) {
            inputTokens = usage.path("prompt_tokens").asLong(0);
            outputTokens = usage.path("completion_tokens").asLong(0);
        }
        JsonNode choice = frame.path("choices").path(0);
        JsonNode delta = choice.path("delta");
        String reasoning = text(delta, "reasoning_content");
        said.reasoning(reasoning.isEmpty() ? text(delta, "reasoning") : reasoning);
        content(delta.path("content"));
        said.text(text(delta, "refusal"));
        for (JsonNode call : delta.path("tool_calls")) {
            toolCall(call);
        }
        String word = text(choice, "finish_reason");
        if (!word.isEmpty()) {
            reason = reason(word);
        }
    }

    /// Text, or Mistral's list of blocks, in which thinking is a list of blocks again.
    private void content(JsonNode content) {
        if (content.isString()) {
            said.text(content.stringValue());
        } else if (content.isArray()) {
            for (JsonNode block : content) {
                said.text(text(block, "text"));
                for (JsonNode thought : block.path("thinking")) {
                    said.reasoning(text(thought, "text"));
                }
            }
        }
    }

    private void toolCall(JsonNode delta) throws GenerationException {
        String id = text(delta, "id");
        String name = text(delta.path("function"), "name");
        String arguments = text(delta.path("function"), "arguments");
        int index = delta.path("index").isInt() ? delta.path("index").intValue() : index(id);
        Call call = calls.get(index);
        if (call != null && startsAnother(call, id, name)) {
            complete(call);
            call = null;
        }
        if (call == null) {
            if (id.isEmpty() && name.isEmpty() && arguments.isEmpty()) {
                return;
            }
            call = new Call(said.startTool(id, name), id.isEmpty() ? null : id);
            calls.put(index, call);
        }
        lastIndex = index;
        call.arguments.append(arguments);
        said.toolDelta(call.id, arguments);
    }

    /// Without an index, an id that is not the current call's begins the next one.
    private int index(String id) {
        Call last = calls.get(lastIndex);
        return last == null || (!id.isEmpty() && !id.equals(last.providerId)) ? lastIndex + 1 : lastIndex;
    }

    private static boolean startsAnother(Call call, String id, String name) {
        return !id.isEmpty() && !name.isEmpty() && !id.equals(call.providerId);
    }

    @Override
    void complete() throws GenerationException {
        if (reason != null) {
            for (Call call : calls.values()) {
                complete(call);
            }
        }
    }

    private void complete(Call call) throws GenerationException {
        said.toolInput(call.id, call.arguments.toString());
    }

    private FinishReason reason(String word) throws GenerationException {
        return switch (word) {
            case "stop" -> FinishReason.STOP;
            case "length" -> FinishReason.LENGTH;
            case "tool_calls", "function_call" -> FinishReason.TOOL_CALLS;
            case "content_filter" -> FinishReason.CONTENT_FILTER;
            case "error" -> throw failures.broken("The model ended with an error.");
            default -> FinishReason.OTHER;
        };
    }
}
