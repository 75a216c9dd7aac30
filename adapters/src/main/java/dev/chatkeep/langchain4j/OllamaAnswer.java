package dev.chatkeep.langchain4j;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Lines of Ollama's `/api/chat`. Tool calls come whole, each its own whether or not they are numbered.
final class OllamaAnswer extends Answer {

    OllamaAnswer(Said said, Failures failures, @Nullable Duration retryAfter) {
        super(said, failures, retryAfter);
    }

    @Override
    void take(JsonNode frame, @Nullable String event) throws GenerationException {
        JsonNode message = frame.path("message");
        said.reasoning(text(message, "thinking"));
        said.text(text(message, "content"));
        for (JsonNode call : message.path("tool_calls")) {
            JsonNode function = call.path("function");
            JsonNode arguments = function.path("arguments");
            String id = said.startTool(text(call, "id"), text(function, "name"));
            said.toolInput(id, arguments.isObject() ? Json.of(arguments).text() : text(function, "arguments"));
        }
        used(tokens(frame.path("prompt_eval_count")), tokens(frame.path("eval_count")));
        if (frame.path("done").asBoolean(false)) {
            // Before 0.5 `done` came without a reason; it is the end marker all the same.
            FinishReason why = FinishReasons.of(frame.path("done_reason"), failures);
            reason = why == null ? FinishReason.STOP : why;
            ended = true;
        }
    }
}
