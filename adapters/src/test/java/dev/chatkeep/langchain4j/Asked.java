package dev.chatkeep.langchain4j;

import dev.chatkeep.db.Json;
import dev.chatkeep.message.Part;
import dev.chatkeep.message.Role;
import dev.chatkeep.run.Cancellation;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.Prompt;
import dev.chatkeep.run.ReasoningEffort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What came of asking a model once.
record Asked(List<ModelEvent> events, @Nullable GenerationException failure) {

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
        try {
            model(provider, server).generate(prompt, new Cancellation(), events::add);
            return new Asked(events, null);
        } catch (GenerationException e) {
            return new Asked(events, e);
        }
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
