package dev.chatkeep.langchain4j;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.ModelEvent.Usage;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What a model has said in one step, as [ModelEvent]s that keep their contract whatever the provider does: empty
/// deltas are left out, a block of reasoning is ended before anything else begins, and no two tool calls share an id.
final class Said {

    private final Consumer<? super ModelEvent> sink;
    private final Failures failures;
    private final Set<String> toolCallIds;
    private final Map<String, String> openTools = new HashMap<>();
    private boolean anything;
    private boolean reasoning;
    private boolean tools;

    /// @param usedToolCallIds ids that earlier steps have taken: some providers begin anew at `call_0` each time
    Said(Consumer<? super ModelEvent> sink, Set<String> usedToolCallIds, Failures failures) {
        this.sink = sink;
        this.toolCallIds = new HashSet<>(usedToolCallIds);
        this.failures = failures;
    }

    void text(String text) {
        if (!text.isEmpty()) {
            endOpenReasoning();
            say(new ModelEvent.TextDelta(text));
        }
    }

    void reasoning(String text) {
        if (!text.isEmpty()) {
            reasoning = true;
            say(new ModelEvent.ReasoningDelta(text));
        }
    }

    /// Ends a block of reasoning. One without a word (redacted, or a signature alone) is said if it has metadata.
    void endReasoning(@Nullable Json providerMetadata) {
        if (reasoning || providerMetadata != null) {
            reasoning = false;
            say(new ModelEvent.ReasoningEnd(providerMetadata));
        }
    }

    private void endOpenReasoning() {
        if (reasoning) {
            endReasoning(null);
        }
    }

    /// Begins a tool call and returns its id: the provider's own, unless it gave none or one already taken.
    String startTool(@Nullable String providerId, String name) throws GenerationException {
        if (name.isBlank()) {
            throw failures.broken("A tool call has no name.");
        }
        endOpenReasoning();
        String id = providerId;
        while (id == null || id.isBlank() || !toolCallIds.add(id)) {
            id = "call_" + UUID.randomUUID().toString().replace("-", "");
        }
        tools = true;
        openTools.put(id, name);
        say(new ModelEvent.ToolInputStart(id, name));
        return id;
    }

    void toolDelta(String id, String json) {
        if (!json.isEmpty()) {
            say(new ModelEvent.ToolInputDelta(id, json));
        }
    }

    /// Completes a tool call. No arguments at all are an empty object.
    void toolInput(String id, String input) throws GenerationException {
        String name = openTools.remove(id);
        if (name == null) {
            throw failures.broken("A tool call ended twice.");
        }
        say(new ModelEvent.ToolInput(id, name, input.isBlank() ? "{}" : input));
    }

    /// Ends the step. Where it called tools, that is why it ended, whatever word the provider has for it.
    ///
    /// @throws GenerationException when what was said does not agree with `reason`: part of it was lost
    void finish(FinishReason reason, Usage usage) throws GenerationException {
        endOpenReasoning();
        if (!openTools.isEmpty()) {
            throw failures.broken("The stream ended inside a tool call.");
        }
        if (reason == FinishReason.TOOL_CALLS && !tools) {
            throw failures.broken("The model called a tool, but the call did not arrive.");
        }
        if (reason == FinishReason.OTHER && !anything) {
            throw failures.broken("The model ended without a word, for a reason that is not known.");
        }
        boolean calls = tools && (reason == FinishReason.STOP || reason == FinishReason.OTHER);
        say(new ModelEvent.Finish(calls ? FinishReason.TOOL_CALLS : reason, usage));
    }

    private void say(ModelEvent event) {
        anything = true;
        sink.accept(event);
    }
}
