package dev.chatkeep.langchain4j;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException;
import tools.jackson.databind.JsonNode;

/// Responses of Google's `streamGenerateContent`. Tool calls come whole. The signature on one becomes the end of a
/// block of reasoning before it, `{"google":{"thoughtSignature":"..."}}`: Gemini 3 refuses the next step without it.
final class GeminiAnswer extends Answer {

    GeminiAnswer(Said said, Failures failures) {
        super(said, failures);
    }

    @Override
    void take(JsonNode frame) throws GenerationException {
        JsonNode usage = frame.path("usageMetadata");
        inputTokens = usage.path("promptTokenCount").asLong(inputTokens);
        if (usage.path("candidatesTokenCount").isNumber()
                || usage.path("thoughtsTokenCount").isNumber()) {
            outputTokens = usage.path("candidatesTokenCount").asLong(0)
                    + usage.path("thoughtsTokenCount").asLong(0);
        }
        if (!text(frame.path("promptFeedback"), "blockReason").isEmpty()) {
            reason = FinishReason.CONTENT_FILTER;
        }
        JsonNode candidate = frame.path("candidates").path(0);
        for (JsonNode part : candidate.path("content").path("parts")) {
            part(part);
        }
        String word = text(candidate, "finishReason");
        if (!word.isEmpty()) {
            reason = reason(word);
        }
    }

    private void part(JsonNode part) throws GenerationException {
        String text = text(part, "text");
        if (part.path("thought").asBoolean(false)) {
            said.reasoning(text);
        } else {
            said.text(text);
        }
        JsonNode call = part.path("functionCall");
        if (call.isObject()) {
            String signature = text(part, "thoughtSignature");
            if (!signature.isEmpty()) {
                said.endReasoning(Json.of(Json.MAPPER
                        .createObjectNode()
                        .set("google", Json.MAPPER.createObjectNode().put("thoughtSignature", signature))));
            }
            String id = said.startTool(text(call, "id"), text(call, "name"));
            said.toolInput(
                    id,
                    call.path("args").isObject() ? Json.of(call.path("args")).text() : "");
        }
    }

    /// A word that is not known is not an error by itself: what was said decides (see [Said#finish]).
    private FinishReason reason(String word) throws GenerationException {
        return switch (word) {
            case "STOP" -> FinishReason.STOP;
            case "MAX_TOKENS" -> FinishReason.LENGTH;
            case "SAFETY",
                    "RECITATION",
                    "LANGUAGE",
                    "BLOCKLIST",
                    "PROHIBITED_CONTENT",
                    "SPII",
                    "IMAGE_SAFETY",
                    "IMAGE_PROHIBITED_CONTENT",
                    "IMAGE_RECITATION" -> FinishReason.CONTENT_FILTER;
            case "MALFORMED_FUNCTION_CALL",
                    "UNEXPECTED_TOOL_CALL",
                    "TOO_MANY_TOOL_CALLS",
                    "MISSING_THOUGHT_SIGNATURE",
                    "MALFORMED_RESPONSE" -> throw failures.broken("The model ended with " + word + ".");
            default -> FinishReason.OTHER;
        };
    }
}
