package dev.chatkeep.chat;

import dev.chatkeep.ChatkeepException;
import dev.chatkeep.JsonInput;
import dev.chatkeep.TextInput;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.VisibleText;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A change to a chat, field by field: a field that is null here stays as it is, one [Set] to null is cleared.
/// Every one can be stored: the constructor throws [ChatkeepException.Invalid], naming the field, for texts
/// that are
/// too long or not text and for JSON that is none, and [ChatkeepException.TooLarge] for too much of it.
public record ChatPatch(
        @Nullable Set<String> title,
        @Nullable Set<String> modelId,
        @Nullable Set<String> sandboxId,
        @Nullable Set<Visibility> visibility,
        @Nullable Set<Json> lastContext) {

    public static final int TITLE_LENGTH = 255;
    public static final int MODEL_ID_LENGTH = 64;
    public static final int SANDBOX_ID_LENGTH = 128;

    /// Bytes of the JSON of `lastContext`, which comes with each list.
    public static final int LAST_CONTEXT_BYTES = 64 << 10;

    /// A new value; null clears.
    public record Set<T>(@Nullable T value) {}

    public ChatPatch {
        if (title != null && (title.value() == null || !VisibleText.isVisible(title.value()))) {
            throw ChatkeepException.Invalid.field("title", "A title has at least one visible character.");
        }
        check("title", title == null ? null : title.value(), TITLE_LENGTH);
        check("modelId", modelId == null ? null : modelId.value(), MODEL_ID_LENGTH);
        check("sandboxId", sandboxId == null ? null : sandboxId.value(), SANDBOX_ID_LENGTH);
        lastContext = lastContext == null ? null : new Set<>(checked(lastContext.value()));
    }

    private static @Nullable Json checked(@Nullable Json context) {
        if (context == null) {
            return null;
        }
        if (context.utf8Length() > LAST_CONTEXT_BYTES) {
            throw new ChatkeepException.TooLarge(
                    "lastContext", "`lastContext` has at most " + LAST_CONTEXT_BYTES + " bytes of JSON.");
        }
        return Json.of(JsonInput.read("lastContext", context));
    }

    /// Whether nothing would change.
    public boolean isEmpty() {
        return title == null && modelId == null && sandboxId == null && visibility == null && lastContext == null;
    }

    /// This patch with another title.
    ChatPatch withTitle(String newTitle) {
        return new ChatPatch(new Set<>(newTitle), modelId, sandboxId, visibility, lastContext);
    }

    /// The parameters of a statement that sets `:title` where `:set_title`, and so on.
    Map<String, @Nullable Object> parameters() {
        var parameters = new HashMap<String, @Nullable Object>();
        put(parameters, "title", title, value -> value);
        put(parameters, "model", modelId, value -> value);
        put(parameters, "sandbox", sandboxId, value -> value);
        put(parameters, "visibility", visibility, Visibility::word);
        put(parameters, "context", lastContext, Json::text);
        return parameters;
    }

    private static <T> void put(
            Map<String, @Nullable Object> parameters, String name, @Nullable Set<T> set, Function<T, String> column) {
        T value = set == null ? null : set.value();
        parameters.put("set_" + name, set != null);
        parameters.put(name, value == null ? null : column.apply(value));
    }

    private static void check(String field, @Nullable String value, int length) {
        if (value != null) {
            TextInput.check(field, value, length);
        }
    }
}
