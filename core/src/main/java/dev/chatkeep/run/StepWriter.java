package dev.chatkeep.run;

import dev.chatkeep.db.CleanText;
import dev.chatkeep.db.Json;
import dev.chatkeep.run.ModelEvent.Usage;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/// Turns what a model says in one step into chunks of the message stream: opens and closes the parts, gives
/// them ids, and makes the text storable. An answer that has no more room ends here, as if the model had
/// reached its own limit. Belongs to the thread that generates.
final class StepWriter implements Consumer<ModelEvent> {

    /// A longer piece is told in several chunks.
    private static final int MAX_DELTA_CHARS = 32 << 10;

    /// What a part costs beside its text: its fields in JSON, and some of what it takes in memory.
    static final int PART_BYTES = 512;

    /// What a chunk costs at least: an answer of single letters must not fill the run log with what surrounds
    /// them.
    private static final int CHUNK_BYTES = 16;

    private static final String BAD_ARGUMENTS = "The model's arguments for this tool are not usable JSON.";

    private final int step;
    private final Consumer<RunEvent> out;
    private final LongPredicate room;
    private final Map<String, OpenTool> openTools = new LinkedHashMap<>();
    private CleanText clean = new CleanText();
    private @Nullable String openText;
    private @Nullable String openReasoning;
    private int parts;
    private boolean isFull;
    private Usage usageSoFar = Usage.NONE;
    private ModelEvent.@Nullable Finish finish;

    /// The answer has no more room. Thrown through the generator, which then closes the connection to the
    /// model.
    static final class AnswerFull extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private AnswerFull() {
            super("the answer has reached its limit", null, false, false);
        }
    }

    /// @param room takes this many bytes more, or says that there are none
    StepWriter(int step, LongPredicate room, Consumer<RunEvent> out) {
        this.step = step;
        this.room = room;
        this.out = out;
    }

    private void take(long bytes) {
        if (isFull || !room.test(bytes)) {
            end();
            throw new AnswerFull();
        }
    }

    /// Takes nothing more: what was said is as much as there may be.
    void end() {
        isFull = true;
        finish = new ModelEvent.Finish(FinishReason.LENGTH, usage());
    }

    /// @throws AnswerFull when there is no room for it
    @Override
    public void accept(ModelEvent event) {
        switch (event) {
            case ModelEvent.TextDelta(String text) -> text(text);
            case ModelEvent.ReasoningDelta(String text) -> reasoning(text);
            case ModelEvent.ReasoningEnd(var providerMetadata) -> endReasoning(providerMetadata);
            case ModelEvent.ToolInputStart(String id, String name) -> {
                closeBlocks();
                startTool(CleanText.of(id), CleanText.of(name));
            }
            case ModelEvent.ToolInputDelta(String id, String json) -> toolDelta(CleanText.of(id), json);
            case ModelEvent.ToolInput(String id, String name, String input) ->
                toolInput(CleanText.of(id), CleanText.of(name), CleanText.of(input));
            case ModelEvent.ToolOutput(String id, Json output) -> {
                take(output.text().length());
                out.accept(new RunEvent.ToolOutputAvailable(CleanText.of(id), output));
            }
            case ModelEvent.File(String mediaType, String url) -> {
                closeBlocks();
                take(PART_BYTES + (long) url.length());
                out.accept(new RunEvent.File(CleanText.of(url), CleanText.of(mediaType)));
            }
            case ModelEvent.UsageSoFar(Usage usage) -> usageSoFar = usage;
            case ModelEvent.Finish done -> {
                closeBlocks();
                finish = done;
            }
        }
    }

    Optional<FinishReason> finishReason() {
        return Optional.ofNullable(finish).map(ModelEvent.Finish::reason);
    }

    /// What the model said it used, also of a step that did not finish.
    Usage usage() {
        return finish == null || finish.usage().equals(Usage.NONE) ? usageSoFar : finish.usage();
    }

    private void text(String piece) {
        if (piece.isEmpty()) {
            return;
        }
        if (openText == null) {
            closeBlocks();
            take(PART_BYTES);
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
        take(providerMetadata == null ? 0 : providerMetadata.text().length());
        out.accept(new RunEvent.ReasoningEnd(id, providerMetadata));
        openReasoning = null;
    }

    private String openReasoning() {
        String id = openReasoning;
        if (id == null) {
            closeBlocks();
            take(PART_BYTES);
            id = nextId("reasoning");
            openReasoning = id;
            out.accept(new RunEvent.ReasoningStart(id));
        }
        return id;
    }

    private void toolDelta(String id, String json) {
        OpenTool tool = openTools.get(id);
        if (tool != null) {
            String text = tool.clean.next(json);
            tool.said += text.length();
            toolDelta(id, tool, text);
        }
    }

    private void toolDelta(String id, OpenTool tool, String text) {
        pieces(tool.arguments.next(text), piece -> out.accept(new RunEvent.ToolInputDelta(id, piece)));
    }

    private void toolInput(String id, String name, String input) {
        closeBlocks();
        OpenTool known = openTools.get(id);
        int said = known == null ? -PART_BYTES : known.said;
        if (input.length() > said) {
            take(input.length() - said);
        }
        Optional<Json> arguments = ToolArguments.read(input);
        if (arguments.isPresent()) {
            openTools.remove(id);
            out.accept(new RunEvent.ToolInputAvailable(id, name, arguments.get()));
            return;
        }
        OpenTool tool = known == null ? startTool(id, name) : known;
        if (tool.said < input.length()) {
            toolDelta(id, tool, input.substring(tool.said));
        }
        openTools.remove(id);
        out.accept(new RunEvent.ToolOutputError(id, BAD_ARGUMENTS));
    }

    private OpenTool startTool(String id, String name) {
        take(PART_BYTES + id.length() + name.length());
        OpenTool tool = new OpenTool();
        openTools.put(id, tool);
        out.accept(new RunEvent.ToolInputStart(id, name));
        return tool;
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
        pieces(clean.next(piece), text -> out.accept(kind.make(id, text)));
    }

    private void pieces(String text, Consumer<String> teller) {
        for (int from = 0; from < text.length(); ) {
            int to = Math.min(text.length(), from + MAX_DELTA_CHARS);
            if (to < text.length() && Character.isHighSurrogate(text.charAt(to - 1))) {
                to--;
            }
            String piece = text.substring(from, to);
            take(Math.max(CHUNK_BYTES, AnswerRoom.bytes(piece)));
            teller.accept(piece);
            from = to;
        }
    }

    private String nextId(String kind) {
        return kind + "-" + step + "-" + ++parts;
    }

    /// A call whose arguments are still coming.
    private static final class OpenTool {
        private final CleanText clean = new CleanText();
        private final ToldArguments arguments = new ToldArguments();
        private int said;
    }

    @FunctionalInterface
    private interface DeltaOf {
        RunEvent make(String id, String delta);
    }
}
