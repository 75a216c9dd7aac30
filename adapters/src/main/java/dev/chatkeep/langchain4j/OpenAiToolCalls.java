package dev.chatkeep.langchain4j;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.GenerationException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The tool calls of an answer in OpenAI's protocol, put together from pieces that servers number and name in many
/// ways: under one index or several, with an id in the first piece, in each or in none, with an id that changes, with
/// a name that comes late, in parts or again and again, and with arguments as text or as an object.
///
/// A piece belongs to the call whose id it has; else to the one of its index; else to the last one. It begins another
/// call where it names something else and the arguments so far are whole. A call is told to have begun when its name
/// is known and its arguments begin.
final class OpenAiToolCalls {

    /// The old protocol has one call, without a number.
    private static final int LEGACY = Integer.MIN_VALUE;

    private static final class Call {
        final Arguments arguments = new Arguments();
        String providerId = "";
        String name = "";
        /// Null until it is told.
        @Nullable
        String id;
    }

    /// @param isNext    whether others stand before it in the same list
    /// @param arguments their text; that of an object is its JSON
    /// @param isObject  whether the arguments came as an object, and so whole
    private record Piece(
            String id, String name, @Nullable Integer index, boolean isNext, String arguments, boolean isObject) {

        static Piece of(JsonNode call, boolean isNext) {
            JsonNode function = call.path("function").isObject()
                    ? call.path("function")
                    : call.path("custom").isObject() ? call.path("custom") : call;
            JsonNode arguments = function.has("arguments") ? function.path("arguments") : function.path("input");
            return new Piece(
                    Answer.text(call, "id").strip(),
                    Answer.text(function, "name"),
                    index(call.path("index")),
                    isNext,
                    text(arguments),
                    arguments.isContainer());
        }

        static Piece ofLegacy(JsonNode call) {
            JsonNode arguments = call.path("arguments");
            return new Piece("", Answer.text(call, "name"), LEGACY, false, text(arguments), arguments.isContainer());
        }

        private static String text(JsonNode arguments) {
            return arguments.isContainer()
                    ? Json.of(arguments).text()
                    : arguments.asStringOpt().orElse("");
        }

        private static @Nullable Integer index(JsonNode index) {
            if (index.isIntegralNumber() && index.canConvertToInt()) {
                return index.intValue();
            }
            return index.isString() && index.stringValue().matches("\\d{1,6}")
                    ? Integer.valueOf(index.stringValue())
                    : null;
        }

        boolean isOnlyArguments() {
            return id.isEmpty() && name.isEmpty();
        }

        boolean isOnlyId() {
            return name.isEmpty() && arguments.isBlank();
        }

        boolean isNothing() {
            return isOnlyArguments() && isOnlyId();
        }
    }

    private final Said said;
    private final List<Call> calls = new ArrayList<>();
    private final Map<Integer, Call> byIndex = new HashMap<>();
    private final Map<String, Call> byId = new HashMap<>();

    OpenAiToolCalls(Said said) {
        this.said = said;
    }

    boolean isEmpty() {
        return calls.isEmpty();
    }

    /// Takes the calls of one frame: a list, or a single one.
    void take(JsonNode list) throws GenerationException {
        if (list.isObject()) {
            take(Piece.of(list, false));
            return;
        }
        boolean isNext = false;
        for (JsonNode call : list) {
            take(Piece.of(call, isNext));
            isNext = true;
        }
    }

    /// Takes the one call of the protocol before there were `tool_calls`.
    void takeLegacy(JsonNode call) throws GenerationException {
        if (call.isObject()) {
            take(Piece.ofLegacy(call));
        }
    }

    private void take(Piece piece) throws GenerationException {
        if (piece.isNothing()) {
            return;
        }
        Call found = find(piece);
        Call call = found == null ? begin() : found;
        if (piece.index() != null) {
            byIndex.put(piece.index(), call);
        }
        if (!piece.id().isEmpty()) {
            byId.put(piece.id(), call);
            call.providerId = call.providerId.isEmpty() ? piece.id() : call.providerId;
        }
        name(call, piece.name());
        argue(call, piece);
    }

    private Call begin() throws GenerationException {
        if (calls.size() == Said.MAX_TOOL_CALLS) {
            throw said.tooManyTools();
        }
        for (Call earlier : calls) {
            tellStart(earlier);
        }
        Call call = new Call();
        calls.add(call);
        return call;
    }

    private @Nullable Call find(Piece piece) {
        Call known = piece.id().isEmpty() ? null : byId.get(piece.id());
        if (known != null) {
            return isAnother(known, piece) ? null : known;
        }
        Call last = calls.isEmpty() ? null : calls.getLast();
        if (piece.index() == null) {
            return last == null || piece.isNext() || isAnother(last, piece) ? null : last;
        }
        Call current = byIndex.get(piece.index());
        if (current != null) {
            return isAnother(current, piece) ? null : current;
        }
        return piece.isOnlyArguments() && last != null && !last.arguments.isWhole() ? last : null;
    }

    /// Whether a piece that would belong to `call` begins another one.
    private boolean isAnother(Call call, Piece piece) {
        if (piece.isOnlyArguments() || piece.isOnlyId()) {
            return false;
        }
        boolean hasOtherName =
                !piece.name().isEmpty() && !call.name.isEmpty() && !piece.name().equals(call.name);
        boolean hasOtherId = !piece.id().isEmpty() && !call.providerId.isEmpty() && !call.equals(byId.get(piece.id()));
        if (call.arguments.isWhole()) {
            return hasOtherId || hasOtherName || (!piece.name().isEmpty() && !isRepetition(call, piece));
        }
        if (!call.arguments.isBlank()) {
            return hasOtherName;
        }
        // Only its head has come: another id without a name is this call's own, which some servers change.
        boolean isUnnumbered = piece.index() == null && piece.id().isEmpty();
        return (hasOtherId && !piece.name().isEmpty()) || (hasOtherName && isUnnumbered);
    }

    /// Some servers end by telling a call once more.
    private static boolean isRepetition(Call call, Piece piece) {
        boolean isNumbered = piece.index() != null || !piece.id().isEmpty();
        return piece.arguments().isBlank() || (isNumbered && call.arguments.isEqualTo(piece.arguments()));
    }

    /// A name may come in parts, or again, as long as the call is not told.
    private void name(Call call, String name) throws GenerationException {
        if (name.isEmpty() || call.id != null || name.equals(call.name)) {
            return;
        }
        said.hold(name.length());
        call.name = name.startsWith(call.name) ? name : call.name + name;
    }

    private void argue(Call call, Piece piece) throws GenerationException {
        String text = piece.arguments();
        said.hold(text.length());
        boolean isNews = piece.isObject() ? call.arguments.addWhole(text) : call.arguments.add(text);
        if (call.id != null) {
            said.toolDelta(call.id, isNews ? text : "");
        } else if (!call.arguments.isBlank()) {
            tellStart(call);
        }
    }

    /// Tells that a call has begun, with the arguments it has, unless its name is still to come.
    private void tellStart(Call call) throws GenerationException {
        if (call.id == null && !call.name.isBlank()) {
            call.id = said.startTool(call.providerId, call.name);
            said.toolDelta(call.id, call.arguments.toString());
        }
    }

    /// Completes all calls.
    ///
    /// @throws GenerationException when one has no name: it cannot be told, and so not whole
    void complete() throws GenerationException {
        for (Call call : calls) {
            String id = call.id == null ? said.startTool(call.providerId, call.name) : call.id;
            if (call.id == null) {
                said.toolDelta(id, call.arguments.toString());
            }
            said.toolInput(id, call.arguments.toString());
        }
    }
}
