package dev.chatkeep.langchain4j;

import org.jspecify.annotations.Nullable;

/// The protocols that can be spoken. Any server that speaks one of them will do, by its base URL.
public enum Provider {
    /// OpenAI's chat completions, which most other providers and local servers offer as well. The base URL ends in
    /// `/v1`.
    OPENAI(null),
    /// Anthropic's messages. The base URL ends in `/v1`.
    ANTHROPIC(null),
    /// Google's `streamGenerateContent`. The base URL ends in `/v1beta`.
    GEMINI(null),
    /// Ollama's `/api/chat`. The base URL has no path.
    OLLAMA("http://localhost:11434");

    /// The address that is needed because LangChain4j has none; null where it has.
    final @Nullable String defaultBaseUrl;

    Provider(@Nullable String defaultBaseUrl) {
        this.defaultBaseUrl = defaultBaseUrl;
    }
}
