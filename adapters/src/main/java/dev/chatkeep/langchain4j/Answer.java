package dev.chatkeep.langchain4j;

import dev.chatkeep.db.Json;
import dev.chatkeep.langchain4j.Frames.Frame;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.ModelEvent.Usage;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// One answer as its frames arrive. A subclass knows one provider's frames, says what is in them, and notes in
/// [#reason] that the model has ended, and in [#ended] that nothing more will come.
abstract sealed class Answer permits OpenAiAnswer, AnthropicAnswer, GeminiAnswer, OllamaAnswer {

    private static final Set<String> KEEP_ALIVES = Set.of("ping", "pong", "heartbeat", "keepalive", "keep-alive");

    final Said said;
    final Failures failures;

    /// Why the model stopped; null as long as it has not.
    @Nullable
    FinishReason reason;

    boolean ended;

    private final @Nullable Duration retryAfter;
    private long inputTokens;
    private long outputTokens;

    Answer(Said said, Failures failures, @Nullable Duration retryAfter) {
        this.said = said;
        this.failures = failures;
        this.retryAfter = retryAfter;
    }

    /// @param retryAfter what the answer's headers say of when to come back, in case it holds an error
    static Answer of(Provider provider, Said said, Failures failures, @Nullable Duration retryAfter) {
        return switch (provider) {
            case OPENAI -> new OpenAiAnswer(said, failures, retryAfter);
            case ANTHROPIC -> new AnthropicAnswer(said, failures, retryAfter);
            case GEMINI -> new GeminiAnswer(said, failures, retryAfter);
            case OLLAMA -> new OllamaAnswer(said, failures, retryAfter);
        };
    }

    /// Takes one frame.
    final void take(Frame frame) throws GenerationException {
        if (frame.isDone()) {
            ended = true;
            return;
        }
        if (isKeepAlive(frame.event()) || isKeepAlive(frame.data())) {
            return;
        }
        JsonNode json = json(frame);
        JsonNode error = json.isString() ? json : ProviderError.in(json, frame.event());
        if (error != null) {
            throw failures.reported(error, retryAfter);
        }
        take(json, frame.event());
    }

    private static boolean isKeepAlive(@Nullable String word) {
        return word != null && word.length() < 16 && KEEP_ALIVES.contains(word.toLowerCase(Locale.ROOT));
    }

    /// Whether the model has said all of it; what may still come is an end marker or a count.
    final boolean whole() {
        return reason != null;
    }

    /// Says the end.
    ///
    /// @param words what came beside the frames
    /// @throws GenerationException when the model never said that it ended: then half an answer has come
    final void finish(String words) throws GenerationException {
        complete();
        if (reason == null) {
            throw words.isBlank()
                    ? failures.broken("The stream ended without saying why.")
                    : failures.reported(JsonNodeFactory.instance.stringNode(words), retryAfter);
        }
        said.finish(reason);
    }

    /// Says what was kept back until the end.
    void complete() throws GenerationException {}

    abstract void take(JsonNode frame, @Nullable String event) throws GenerationException;

    /// Notes totals of tokens. What a provider does not say, or says to be 0, stays as it was.
    final void used(long input, long output) {
        inputTokens = input > 0 ? input : inputTokens;
        outputTokens = output > 0 ? output : outputTokens;
        said.usage(new Usage(inputTokens, outputTokens));
    }

    /// The sum of these counts; 0, which is not said, where one of them or the sum is no number of tokens.
    static long tokens(JsonNode... counts) {
        long sum = 0;
        for (JsonNode count : counts) {
            if (count.isMissingNode() || count.isNull()) {
                continue;
            }
            long tokens = count.isIntegralNumber() && count.canConvertToLong() ? count.longValue() : -1;
            if (tokens < 0 || tokens > Usage.MAX_TOKENS - sum) {
                return 0;
            }
            sum += tokens;
        }
        return sum;
    }

    /// A field's text; empty where it is absent, null or of another kind.
    static String text(JsonNode node, String field) {
        return node.path(field).asStringOpt().orElse("");
    }

    private JsonNode json(Frame frame) throws GenerationException {
        try {
            return Json.MAPPER.readTree(frame.data());
        } catch (JacksonException e) {
            if (JsonValues.isStart(frame.data())) {
                throw failures.broken("A frame of the stream is not JSON.");
            }
            // Not even meant as JSON: an error's words.
            return JsonNodeFactory.instance.stringNode(frame.data());
        }
    }
}
