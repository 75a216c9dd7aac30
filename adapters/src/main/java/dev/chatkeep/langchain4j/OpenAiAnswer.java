package dev.chatkeep.langchain4j;

import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Chunks of OpenAI's chat completions, with what compatible servers add or leave out: reasoning under several names
/// or as a list of blocks, pictures, usage in several places, and a whole message instead of deltas.
final class OpenAiAnswer extends Answer {

    private static final List<String> REASONING =
            List.of("reasoning_content", "reasoning", "reasoning_text", "thinking");

    private final OpenAiToolCalls calls;

    OpenAiAnswer(Said said, Failures failures, @Nullable Duration retryAfter) {
        super(said, failures, retryAfter);
        calls = new OpenAiToolCalls(said);
    }

    @Override
    void take(JsonNode frame, @Nullable String event) throws GenerationException {
        count(frame.path("usage"));
        count(frame.path("x_groq").path("usage"));
        boolean isFirst = said.count() == 0 && calls.isEmpty();
        for (JsonNode choice : frame.path("choices")) {
            choice(choice, isFirst);
        }
    }

    /// @param isFirst whether nothing was said before: a message that comes after deltas repeats them
    private void choice(JsonNode choice, boolean isFirst) throws GenerationException {
        count(choice.path("usage"));
        JsonNode delta = choice.path("delta");
        if (delta.isObject() && !delta.isEmpty()) {
            message(delta);
        } else if (isFirst) {
            message(choice.path("message"));
            said.text(text(choice, "text"));
        }
        FinishReason why = FinishReasons.of(choice.path("finish_reason"), failures);
        reason = why == null ? reason : why;
    }

    private void message(JsonNode message) throws GenerationException {
        said.reasoning(reasoning(message));
        content(message.path("content"));
        said.text(text(message, "refusal"));
        message.path("images").forEach(this::image);
        said.text(text(message.path("audio"), "transcript"));
        if (message.path("audio").has("data")) {
            said.leaveOut("audio");
        }
        calls.take(message.path("tool_calls"));
        calls.takeLegacy(message.path("function_call"));
    }

    /// Servers that tell the same thoughts under two names mean them once.
    private static String reasoning(JsonNode message) {
        for (String name : REASONING) {
            String thought = text(message, name);
            if (!thought.isEmpty()) {
                return thought;
            }
        }
        StringBuilder details = new StringBuilder();
        for (JsonNode detail : message.path("reasoning_details")) {
            details.append(text(detail, "text")).append(text(detail, "summary"));
        }
        return details.toString();
    }

    /// Text, or a list of blocks, in which Mistral's thinking is a list of blocks again.
    private void content(JsonNode content) {
        if (content.isArray()) {
            content.forEach(this::block);
        } else if (content.isObject()) {
            block(content);
        } else {
            said.text(content.asStringOpt().orElse(""));
        }
    }

    private void block(JsonNode block) {
        if (!block.isObject()) {
            said.text(block.asStringOpt().orElse(""));
            return;
        }
        switch (text(block, "type")) {
            case "thinking" -> thinking(block.path("thinking"));
            case "image_url", "image" -> image(block);
            default -> {
                if (block.has("text")) {
                    said.text(text(block, "text"));
                } else {
                    said.leaveOut(text(block, "type"));
                }
            }
        }
    }

    private void thinking(JsonNode thinking) {
        said.reasoning(thinking.asStringOpt().orElse(""));
        if (thinking.isArray()) {
            thinking.forEach(thought -> said.reasoning(text(thought, "text")));
        }
    }

    private void image(JsonNode image) {
        JsonNode address = image.path("image_url");
        String url = address.isObject()
                ? text(address, "url")
                : address.asStringOpt().orElse(text(image, "url"));
        said.file(MediaTypes.ofPicture(url), url);
    }

    private void count(JsonNode usage) {
        used(
                Math.max(tokens(usage.path("prompt_tokens")), tokens(usage.path("input_tokens"))),
                Math.max(tokens(usage.path("completion_tokens")), tokens(usage.path("output_tokens"))));
    }

    @Override
    void complete() throws GenerationException {
        if (reason != null) {
            calls.complete();
        }
    }
}
