package dev.chatkeep.langchain4j;

import dev.chatkeep.db.Json;
import dev.chatkeep.langchain4j.Frames.Frame;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.ModelEvent.Usage;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// One answer as its frames arrive. A subclass knows one provider's frames, says what is in them, and notes in
/// [#reason] that the model has ended, and in [#ended] that nothing more will come.
abstract sealed class Answer permits OpenAiAnswer, AnthropicAnswer, GeminiAnswer, OllamaAnswer {

    final Said said;
    final Failures failures;

    /// Why the model stopped; null as long as it has not.
    @Nullable
    FinishReason reason;

    long inputTokens;
    long outputTokens;
    boolean ended;

    Answer(Said said, Failures failures) {
        this.said = said;
        this.failures = failures;
    }

    static Answer of(Provider provider, Said said, Failures failures) {
        return switch (provider) {
            case OPENAI -> new OpenAiAnswer(said, failures);
            case ANTHROPIC -> new AnthropicAnswer(said, failures);
            case GEMINI -> new GeminiAnswer(said, failures);
            case OLLAMA -> new OllamaAnswer(said, failures);
        };
    }

    /// Takes one frame.
    final void take(Frame frame) throws GenerationException {
        if (frame.data().equals("[DONE]")) {
            ended = true;
            return;
        }
        JsonNode json = json(frame.data());
        JsonNode error = json.path("error");
        if (!error.isMissingNode() && !error.isNull()) {
            throw failures.reported(error);
        }
        if ("error".equals(frame.event())) {
            throw failures.reported(json);
        }
        take(json);
    }

    /// Whether the model has said all of it; what may still come is an end marker or a count.
    final boolean whole() {
        return reason != null;
    }

    /// Says the end.
    ///
    /// @throws GenerationException when the model never said that it ended: then half an answer has come
    final void finish() throws GenerationException {
        complete();
        if (reason == null) {
            throw failures.broken("The stream ended without saying why.");
        }
        said.finish(reason, new Usage(inputTokens, outputTokens));
    }

    /// Says what was kept back until the end.
    void complete() throws GenerationException {}

    abstract void take(JsonNode frame) throws GenerationException;

    /// A field's text; empty where it is absent, null or of another kind.
    static String text(JsonNode node, String field) {
        return node.path(field).asStringOpt().orElse("");
    }

    private JsonNode json(String data) throws GenerationException {
        try {
            return Json.MAPPER.readTree(data);
        } catch (JacksonException e) {
            throw failures.broken("A frame of the stream is not JSON.");
        }
    }
}
