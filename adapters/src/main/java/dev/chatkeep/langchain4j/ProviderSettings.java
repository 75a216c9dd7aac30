package dev.chatkeep.langchain4j;

import org.jspecify.annotations.Nullable;

/// Which model to ask, and where.
///
/// @param baseUrl         `http` or `https`; null for the provider's own address
/// @param apiKey          null where none is needed; Anthropic needs one
/// @param maxOutputTokens the longest answer; null for the provider's own limit, or, where the protocol demands a
///     number (Anthropic), for [#ANTHROPIC_MAX_OUTPUT_TOKENS]
public record ProviderSettings(
        Provider provider,
        @Nullable String baseUrl,
        @Nullable String apiKey,
        String model,
        @Nullable Integer maxOutputTokens,
        Timeouts timeouts) {

    public static final int ANTHROPIC_MAX_OUTPUT_TOKENS = 8192;

    public ProviderSettings {
        if (model.isBlank()) {
            throw new IllegalArgumentException("A model needs a name.");
        }
        if (baseUrl != null && !baseUrl.matches("https?://[^\\s/]+.*")) {
            throw new IllegalArgumentException("A base URL begins with http:// or https:// and a host.");
        }
        if (apiKey != null && apiKey.chars().anyMatch(c -> c <= ' ' || c > '~')) {
            // A line break from the file it was read from, most likely. The key itself is not repeated.
            throw new IllegalArgumentException("The API key holds a space or another character that no key has.");
        }
        if (provider == Provider.ANTHROPIC && (apiKey == null || apiKey.isBlank())) {
            throw new IllegalArgumentException("Anthropic needs an API key.");
        }
        if (maxOutputTokens != null && maxOutputTokens < 1) {
            throw new IllegalArgumentException("An answer needs at least one token.");
        }
    }

    public ProviderSettings(Provider provider, @Nullable String baseUrl, @Nullable String apiKey, String model) {
        this(provider, baseUrl, apiKey, model, null, Timeouts.DEFAULT);
    }

    /// Leaves the key out, so that settings can be logged.
    @Override
    public String toString() {
        return "ProviderSettings[" + provider + ", " + model + ", " + (baseUrl == null ? "own address" : baseUrl) + "]";
    }
}
