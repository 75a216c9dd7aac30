package dev.chatkeep.langchain4j;

import dev.chatkeep.langchain4j.Frames.Frame;
import dev.chatkeep.message.Part;
import dev.chatkeep.run.Cancellation;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.GenerationException.Kind;
import dev.chatkeep.run.Generator;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.Prompt;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// A model of one of the [Provider]s.
///
/// A call runs on its caller's thread from the request to the last event, holds one connection, and hands no thread of
/// its own anything to do; how many run at once is for the caller and the provider to limit. Nothing of a prompt, an
/// answer or a key is logged.
///
/// URLs in a prompt are neither fetched nor passed on: a file is shown to the model only as the bytes of its `data:`
/// URL, and otherwise by a sentence that says it was not shown.
public final class LangChain4jGenerator implements Generator {

    /// How long the rest of a finished answer is waited for, for its connection's sake.
    private static final Duration DRAIN = Duration.ofMillis(200);

    private final ProviderSettings settings;
    private final Failures failures;

    public LangChain4jGenerator(ProviderSettings settings) {
        this.settings = settings;
        this.failures = new Failures(settings.apiKey());
    }

    @Override
    public void generate(Prompt prompt, Cancellation cancellation, Consumer<? super ModelEvent> sink)
            throws GenerationException {
        if (cancellation.isCancelled()) {
            return;
        }
        HttpRequest request = Requests.write(settings, prompt, failures);
        Said said = new Said(sink, toolCallIds(prompt), failures);
        try (Body body = Wire.send(request, settings.timeouts(), cancellation, failures)) {
            Answer answer = Answer.of(settings.provider(), said, failures, RetryHints.of(body.headers()));
            read(body, answer, cancellation);
        } catch (GenerationException e) {
            if (!cancellation.isCancelled()) {
                throw e;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failures.of(Kind.UNAVAILABLE, "Interrupted.", e);
        }
    }

    private void read(Body body, Answer answer, Cancellation cancellation)
            throws GenerationException, InterruptedException {
        Frames frames = settings.provider() == Provider.OLLAMA ? Frames.ofLines(body) : Frames.ofEvents(body);
        long said = -1;
        try {
            Frame frame;
            while (!answer.ended && (frame = frames.next()) != null) {
                if (cancellation.isCancelled()) {
                    return;
                }
                answer.take(frame);
                if (answer.whole() && said < answer.said.count()) {
                    said = answer.said.count();
                    body.endWithin(settings.timeouts().idle());
                }
            }
        } catch (IOException e) {
            if (!answer.whole()) {
                throw e instanceof HttpTimeoutException
                        ? failures.timeout("The answer fell silent: " + e.getMessage(), e)
                        : failures.of(Kind.BROKEN, "The answer was cut: " + e.getMessage(), e);
            }
        }
        if (!cancellation.isCancelled()) {
            answer.finish(frames.words());
            body.drain(DRAIN);
        }
    }

    private static Set<String> toolCallIds(Prompt prompt) {
        return prompt.turns().stream()
                .flatMap(turn -> turn.parts().stream())
                .filter(Part.Tool.class::isInstance)
                .map(part -> ((Part.Tool) part).toolCallId())
                .collect(Collectors.toSet());
    }
}
