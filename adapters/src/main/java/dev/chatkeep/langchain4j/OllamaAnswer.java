package dev.chatkeep.langchain4j;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException;
import tools.jackson.databind.JsonNode;

/// Lines of Ollama's `/api/chat`. Tool calls come whole, each its own whether or not they are numbered.
final class OllamaAnswer extends Answer {

    OllamaAnswer(Said said, Failures failures) {
        super(said, failures);
    }

    @Override
    void take(JsonNode frame) throws GenerationException {
        JsonNode message = frame.path("message");
        said.reasoning(text(message, "thinking"));
        said.text(text(message, "content"));
        for (JsonNode call : message.path("tool_calls")) {
            JsonNode function = call.path("function");
            JsonNode arguments = function.path("arguments");
            String id = said.startTool(text(call, "id"), text(function, "name"));
            said.toolInput(id, arguments.isObject() ? Json.of(arguments).text() : text(function, "arguments"));
        }
        inputTokens = frame.path("prompt_eval_count").asLong(inputTokens);
        outputTokens = frame.path("eval_count").asLong(outputTokens);
        if (frame.path("done").asBoolean(false)) {
            // Before 0.5 `done` came without a reason; it is the end marker all the same.
            reason = switch (text(frame, "done_reason")) {
                case "stop", "" -> FinishReason.STOP;
                case "length" -> FinishReason.LENGTH;
                default -> FinishReason.OTHER;
            };
            ended = true;
        }
    }
}
