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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a model has said in one step, as [ModelEvent]s that keep their contract whatever the provider does:
/// empty deltas are left out, a block of reasoning is ended before anything else begins, and no two tool calls
/// share an id.
///
/// An answer has at most [#MAX_TOOL_CALLS] tool calls, and at most [#MAX_HELD] characters of it are held in the
/// reader until their end comes, such as the arguments of tool calls. One that goes beyond ends there.
final class Said {

    static final int MAX_TOOL_CALLS = 1_000;
    static final int MAX_HELD = Frames.MAX_BYTES;
    private static final int MAX_KINDS = 20;
    private static final Logger LOG = LoggerFactory.getLogger(Said.class);

    private final Consumer<? super ModelEvent> sink;
    private final Failures failures;
    private final Set<String> toolCallIds;
    private final Map<String, String> openTools = new HashMap<>();
    private final Set<String> leftOut = new HashSet<>();
    private Usage usage = Usage.NONE;
    private long count;
    private long held;
    private int tools;
    private boolean reasoning;

    /// @param usedToolCallIds ids that earlier steps have taken: some providers begin anew at `call_0` each
    ///     time
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

    /// Ends a block of reasoning. One without a word (redacted, or a signature alone) is said if it has
    /// metadata.
    void endReasoning(@Nullable Json providerMetadata) {
        if (reasoning || providerMetadata != null) {
            reasoning = false;
            say(new ModelEvent.ReasoningEnd(providerMetadata));
        }
    }

    /// A file that the model made, by a `data:` URL or a web address; any other address is left out.
    void file(String mediaType, String url) {
        if (url.regionMatches(true, 0, "data:", 0, 5)
                || url.regionMatches(true, 0, "https://", 0, 8)
                || url.regionMatches(true, 0, "http://", 0, 7)) {
            endOpenReasoning();
            say(new ModelEvent.File(mediaType, url));
        } else if (!url.isBlank()) {
            leaveOut("file by another address");
        }
    }

    /// Notes in the log, once for each kind, that something of this kind was said and is not part of the
    /// answer.
    void leaveOut(String kind) {
        String word = kind.substring(0, Math.min(kind.length(), 64)).replaceAll("[^\\w ./-]", "_");
        if (leftOut.size() < MAX_KINDS && leftOut.add(word)) {
            LOG.warn("the provider said something of the kind '{}', which is left out", word);
        }
    }

    /// What was used until now, as totals.
    void usage(Usage total) {
        if (!total.equals(usage)) {
            usage = total;
            sink.accept(new ModelEvent.UsageSoFar(total));
        }
    }

    /// How many times something was said.
    long count() {
        return count;
    }

    /// Accounts for what the reader of an answer holds until its end comes.
    void hold(int characters) throws GenerationException {
        held += characters;
        if (held > MAX_HELD) {
            throw failures.tooLong("The tool calls of the answer are longer than " + MAX_HELD + " characters.");
        }
    }

    GenerationException tooManyTools() {
        return failures.tooLong("The answer has more than " + MAX_TOOL_CALLS + " tool calls.");
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
        if (++tools > MAX_TOOL_CALLS) {
            throw tooManyTools();
        }
        endOpenReasoning();
        String id = providerId;
        while (id == null || id.isBlank() || !toolCallIds.add(id)) {
            id = "call_" + UUID.randomUUID().toString().replace("-", "");
        }
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
    void finish(FinishReason reason) throws GenerationException {
        endOpenReasoning();
        if (!openTools.isEmpty()) {
            throw failures.broken("The stream ended inside a tool call.");
        }
        if (reason == FinishReason.TOOL_CALLS && tools == 0) {
            throw failures.broken("The model called a tool, but the call did not arrive.");
        }
        if (reason == FinishReason.OTHER && count == 0) {
            throw failures.broken("The model ended without a word, for a reason that is not known.");
        }
        boolean calls = tools > 0 && (reason == FinishReason.STOP || reason == FinishReason.OTHER);
        say(new ModelEvent.Finish(calls ? FinishReason.TOOL_CALLS : reason, usage));
    }

    private void say(ModelEvent event) {
        count++;
        sink.accept(event);
    }
}
