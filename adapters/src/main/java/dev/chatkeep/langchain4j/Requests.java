package dev.chatkeep.langchain4j;

import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.GenerationException.Kind;
import dev.chatkeep.run.Prompt;
import dev.chatkeep.run.ReasoningEffort;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.googleai.GeminiThinkingConfig;
import dev.langchain4j.model.googleai.GoogleAiGeminiStreamingChatModel;
import dev.langchain4j.model.ollama.OllamaStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.net.http.HttpRequest;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Has LangChain4j write the request that a provider is sent for a prompt.
///
/// How hard to think is passed on in the provider's terms, and not at all where the prompt does not say: OpenAI's
/// `reasoning_effort`, a budget of tokens for Anthropic (beyond the answer's own) and Gemini, `think` for Ollama.
final class Requests {

    private static final StreamingChatResponseHandler NOBODY = new StreamingChatResponseHandler() {
        @Override
        public void onCompleteResponse(ChatResponse response) {}

        @Override
        public void onError(Throwable error) {}
    };

    private Requests() {}

    static HttpRequest write(ProviderSettings settings, Prompt prompt, Failures failures) throws GenerationException {
        try {
            Conversation conversation = Conversation.of(settings.provider(), prompt);
            ChatRequest.Builder request = ChatRequest.builder().messages(conversation.messages());
            if (settings.provider() == Provider.ANTHROPIC
                    && !conversation.tools().isEmpty()) {
                // It refuses a history with calls of tools that the request does not declare.
                request.toolSpecifications(conversation.tools()).toolChoice(ToolChoice.NONE);
            }
            RequestCapture capture = new RequestCapture();
            model(settings, prompt.reasoningEffort(), capture).chat(request.build(), NOBODY);
            dev.langchain4j.http.client.HttpRequest written = capture.request();
            return Wire.request(written, PdfNames.write(conversation.pdfNames(), written.body()));
        } catch (RuntimeException e) {
            // Neither the message nor the cause: they may quote the prompt or the key.
            throw failures.of(
                    Kind.REFUSED,
                    "No request could be made of the prompt: " + e.getClass().getSimpleName(),
                    null);
        }
    }

    private static StreamingChatModel model(
            ProviderSettings settings, @Nullable ReasoningEffort effort, RequestCapture capture) {
        String baseUrl = baseUrl(settings);
        return switch (settings.provider()) {
            case OPENAI ->
                OpenAiStreamingChatModel.builder()
                        .httpClientBuilder(capture)
                        .baseUrl(baseUrl)
                        .apiKey(settings.apiKey())
                        .modelName(settings.model())
                        // OpenAI itself refuses the old field for its reasoning models, others do not know the new one.
                        .maxCompletionTokens(baseUrl == null ? settings.maxOutputTokens() : null)
                        .maxTokens(baseUrl == null ? null : settings.maxOutputTokens())
                        .reasoningEffort(effort == null ? null : effort.word())
                        .build();
            case ANTHROPIC ->
                AnthropicStreamingChatModel.builder()
                        .httpClientBuilder(capture)
                        .baseUrl(baseUrl)
                        .apiKey(settings.apiKey())
                        .modelName(settings.model())
                        .maxTokens(anthropicMaxTokens(settings) + (effort == null ? 0 : thinkingTokens(effort)))
                        .thinkingType(effort == null ? null : "enabled")
                        .thinkingBudgetTokens(effort == null ? null : thinkingTokens(effort))
                        .sendThinking(true)
                        .build();
            case GEMINI ->
                GoogleAiGeminiStreamingChatModel.builder()
                        .httpClientBuilder(capture)
                        .baseUrl(baseUrl)
                        .apiKey(settings.apiKey())
                        .modelName(settings.model())
                        .maxOutputTokens(settings.maxOutputTokens())
                        .thinkingConfig(effort == null ? null : thinkingConfig(effort))
                        .sendThinking(true)
                        .build();
            case OLLAMA ->
                OllamaStreamingChatModel.builder()
                        .httpClientBuilder(capture)
                        .baseUrl(baseUrl)
                        .customHeaders(headers(settings.apiKey()))
                        .modelName(settings.model())
                        .numPredict(settings.maxOutputTokens())
                        .think(effort == null ? null : true)
                        .build();
        };
    }

    private static @Nullable String baseUrl(ProviderSettings settings) {
        String url = settings.baseUrl() == null ? settings.provider().defaultBaseUrl : settings.baseUrl();
        return url != null && url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    private static Map<String, String> headers(@Nullable String apiKey) {
        return apiKey == null ? Map.of() : Map.of("Authorization", "Bearer " + apiKey);
    }

    private static int anthropicMaxTokens(ProviderSettings settings) {
        Integer max = settings.maxOutputTokens();
        return max == null ? ProviderSettings.ANTHROPIC_MAX_OUTPUT_TOKENS : max;
    }

    private static GeminiThinkingConfig thinkingConfig(ReasoningEffort effort) {
        return GeminiThinkingConfig.builder()
                .includeThoughts(true)
                .thinkingBudget(thinkingTokens(effort))
                .build();
    }

    /// As Google's own OpenAI-compatible endpoint translates the words.
    private static int thinkingTokens(ReasoningEffort effort) {
        return switch (effort) {
            case LOW -> 1024;
            case MEDIUM -> 8192;
            case HIGH -> 24576;
        };
    }
}
