package dev.chatkeep.run;

import dev.chatkeep.db.CleanText;
import dev.chatkeep.db.Json;
import dev.chatkeep.run.ModelEvent.Usage;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Turns what a model says in one step into chunks of the message stream: opens and closes the parts, gives
/// them ids, and makes the text storable. Belongs to the thread that generates.
final class StepWriter implements Consumer<ModelEvent> {

    private static final String BAD_ARGUMENTS = "The model's arguments for this tool are not usable JSON.";

    private final int step;
    private final Consumer<RunEvent> out;
    private final Map<String, OpenTool> openTools = new LinkedHashMap<>();
    private CleanText clean = new CleanText();
    private @Nullable String openText;
    private @Nullable String openReasoning;
    private int parts;
    private ModelEvent.@Nullable Finish finish;

    StepWriter(int step, Consumer<RunEvent> out) {
        this.step = step;
        this.out = out;
    }

    @Override
    public void accept(ModelEvent event) {
        switch (event) {
            case ModelEvent.TextDelta(String text) -> text(text);
            case ModelEvent.ReasoningDelta(String text) -> reasoning(text);
            case ModelEvent.ReasoningEnd(var providerMetadata) -> endReasoning(providerMetadata);
            case ModelEvent.ToolInputStart(String id, String name) -> {
                closeBlocks();
                openTools.put(CleanText.of(id), new OpenTool(CleanText.of(name), new CleanText()));
                out.accept(new RunEvent.ToolInputStart(CleanText.of(id), CleanText.of(name)));
            }
            case ModelEvent.ToolInputDelta(String id, String json) -> toolDelta(CleanText.of(id), json);
            case ModelEvent.ToolInput(String id, String name, String input) ->
                toolInput(CleanText.of(id), CleanText.of(name), CleanText.of(input));
            case ModelEvent.ToolOutput(String id, Json output) ->
                out.accept(new RunEvent.ToolOutputAvailable(CleanText.of(id), output));
            case ModelEvent.Finish done -> {
                closeBlocks();
                finish = done;
            }
        }
    }

    Optional<FinishReason> finishReason() {
        return Optional.ofNullable(finish).map(ModelEvent.Finish::reason);
    }

    Usage usage() {
        return finish == null ? Usage.NONE : finish.usage();
    }

    private void text(String piece) {
        if (piece.isEmpty()) {
            return;
        }
        if (openText == null) {
            closeBlocks();
            openText = nextId("text");
            out.accept(new RunEvent.TextStart(openText));
        }
        delta(openText, piece, RunEvent.TextDelta::new);
    }

    private void reasoning(String piece) {
        if (piece.isEmpty()) {
            return;
        }
        delta(openReasoning(), piece, RunEvent.ReasoningDelta::new);
    }

    private void endReasoning(@Nullable Json providerMetadata) {
        if (openReasoning == null && providerMetadata == null) {
            return;
        }
        String id = openReasoning();
        out.accept(new RunEvent.ReasoningEnd(id, providerMetadata));
        openReasoning = null;
    }

    private String openReasoning() {
        String id = openReasoning;
        if (id == null) {
            closeBlocks();
            id = nextId("reasoning");
            openReasoning = id;
            out.accept(new RunEvent.ReasoningStart(id));
        }
        return id;
    }

    private void toolDelta(String id, String json) {
        OpenTool tool = openTools.get(id);
        if (tool != null) {
            out.accept(new RunEvent.ToolInputDelta(id, tool.clean().next(json)));
        }
    }

    private void toolInput(String id, String name, String input) {
        closeBlocks();
        openTools.remove(id);
        RunEvent event = ToolArguments.read(input)
                .<RunEvent>map(json -> new RunEvent.ToolInputAvailable(id, name, json))
                .orElseGet(() -> new RunEvent.ToolInputError(id, name, ToolArguments.verbatim(input), BAD_ARGUMENTS));
        out.accept(event);
    }

    private void closeBlocks() {
        if (openText != null) {
            out.accept(new RunEvent.TextEnd(openText));
            openText = null;
        }
        if (openReasoning != null) {
            out.accept(new RunEvent.ReasoningEnd(openReasoning, null));
            openReasoning = null;
        }
        clean = new CleanText();
    }

    private void delta(String id, String piece, DeltaOf kind) {
        String text = clean.next(piece);
        if (!text.isEmpty()) {
            out.accept(kind.make(id, text));
        }
    }

    private String nextId(String kind) {
        return kind + "-" + step + "-" + ++parts;
    }

    private record OpenTool(String name, CleanText clean) {}

    @FunctionalInterface
    private interface DeltaOf {
        RunEvent make(String id, String delta);
    }
}
