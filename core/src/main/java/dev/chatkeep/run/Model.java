package dev.chatkeep.run;

import dev.chatkeep.TextInput;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/// A model that may be asked.
///
/// @param id what clients call it, at most 64 characters
/// @param provider who runs it, for people to read
/// @param system the system prompt put before every conversation, if any
/// @param contextTokens how much of a conversation it is given; see [Prompts] for the estimate
/// @param price of a message, in units of the asset it is paid in, such as dollars; 0: nothing; null: the general
///     one
public record Model(
        String id,
        String provider,
        @Nullable String system,
        int contextTokens,
        @Nullable BigDecimal price,
        Generator generator) {

    /// The window of a model whose own is not configured.
    public static final int DEFAULT_CONTEXT_TOKENS = 32_000;

    public Model {
        if (id.isBlank() || id.length() > 64) {
            throw new IllegalArgumentException("a model's id has 1 to 64 characters, unlike: " + id);
        }
        TextInput.check("id", id);
        if (contextTokens < 256) {
            throw new IllegalArgumentException("a model's context-tokens are at least 256: " + id);
        }
        if (price != null && price.signum() < 0) {
            throw new IllegalArgumentException("a model's price is 0 or more: " + id);
        }
    }

    /// Of the general price.
    public Model(String id, String provider, @Nullable String system, int contextTokens, Generator generator) {
        this(id, provider, system, contextTokens, null, generator);
    }
}
