package dev.chatkeep.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import dev.chatkeep.message.Part;
import dev.chatkeep.message.Role;
import dev.chatkeep.run.Cancellation;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.ModelEvent.Usage;
import dev.chatkeep.run.Prompt;
import dev.chatkeep.run.ReasoningEffort;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What came of asking a model once.
///
/// @param events what it said, without its usage
/// @param usages what it said of its usage on the way
record Asked(
        List<ModelEvent> events,
        List<Usage> usages,
        @Nullable GenerationException failure) {

    static final String KEY = "sk-very-secret";
    /// Long enough for a busy machine to answer, short enough to wait for in a test.
    static final Timeouts SHORT = new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(3), Duration.ofSeconds(3));

    static LangChain4jGenerator model(Provider provider, ScriptedProvider server) {
        return model(provider, server.url());
    }

    static LangChain4jGenerator model(Provider provider, String url) {
        return new LangChain4jGenerator(new ProviderSettings(provider, url, KEY, "a-model", null, SHORT));
    }

    /// Asks `Hi`.
    static Asked ask(Provider provider, ScriptedProvider server) {
        return ask(provider, server, prompt(user(text("Hi"))));
    }

    static Asked ask(Provider provider, ScriptedProvider server, Prompt prompt) {
        List<ModelEvent> events = new ArrayList<>();
        List<Usage> usages = new ArrayList<>();
        GenerationException failure = null;
        try {
            model(provider, server).generate(prompt, new Cancellation(), event -> {
                if (event instanceof ModelEvent.UsageSoFar(Usage usage)) {
                    usages.add(usage);
                } else {
                    events.add(event);
                }
            });
        } catch (GenerationException e) {
            failure = e;
        }
        return new Asked(events, usages, failure);
    }

    /// Asks the provider that answers 200 with just these bytes, and ends the body by closing the connection.
    static Asked play(Provider provider, String contentType, String body) throws IOException {
        try (ScriptedProvider server = ScriptedProvider.body(contentType, body)) {
            return ask(provider, server);
        }
    }

    /// The same as an event stream, or as lines.
    static Asked play(Provider provider, String body) throws IOException {
        return play(provider, provider == Provider.OLLAMA ? "application/x-ndjson" : "text/event-stream", body);
    }

    /// All text that was said.
    String text() {
        StringBuilder text = new StringBuilder();
        for (ModelEvent event : events) {
            text.append(event instanceof ModelEvent.TextDelta(String delta) ? delta : "");
        }
        return text.toString();
    }

    /// The calls that were completed.
    List<ModelEvent.ToolInput> calls() {
        return events.stream()
                .filter(ModelEvent.ToolInput.class::isInstance)
                .map(ModelEvent.ToolInput.class::cast)
                .toList();
    }

    List<ModelEvent.File> files() {
        return events.stream()
                .filter(ModelEvent.File.class::isInstance)
                .map(ModelEvent.File.class::cast)
                .toList();
    }

    /// How it ended; fails when it did not end well.
    ModelEvent.Finish finish() {
        assertThat(failure).isNull();
        return (ModelEvent.Finish) events.getLast();
    }

    /// Why it failed; fails when it did not.
    GenerationException failed() {
        assertThat(failure).as("a failure").isNotNull();
        return failure;
    }

    static Prompt prompt(Prompt.Turn... turns) {
        return new Prompt(null, List.of(turns), null);
    }

    static Prompt prompt(ReasoningEffort effort, Prompt.Turn... turns) {
        return new Prompt(null, List.of(turns), effort);
    }

    static Prompt.Turn user(Part... parts) {
        return new Prompt.Turn(Role.USER, Arrays.asList(parts));
    }

    static Prompt.Turn assistant(Part... parts) {
        return new Prompt.Turn(Role.ASSISTANT, Arrays.asList(parts));
    }

    static Part text(String text) {
        return new Part.Text(text);
    }

    static Part stepStart() {
        return new Part.Unknown("step-start", new Json("{\"type\":\"step-start\"}"));
    }

    static Part called(String id, String name, String input, String output) {
        return new Part.Tool(id, name, "output-available", new Json(input), new Json(output), null);
    }
}
