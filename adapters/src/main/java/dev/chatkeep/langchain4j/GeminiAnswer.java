package dev.chatkeep.langchain4j;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Responses of Google's `streamGenerateContent`, which without `alt=sse` come as the elements of one JSON array. Tool
/// calls come whole. The signature on one becomes the end of a block of reasoning before it,
/// `{"google":{"thoughtSignature":"..."}}`: Gemini 3 refuses the next step without it. Pictures and sound become files.
final class GeminiAnswer extends Answer {

    GeminiAnswer(Said said, Failures failures, @Nullable Duration retryAfter) {
        super(said, failures, retryAfter);
    }

    @Override
    void take(JsonNode frame, @Nullable String event) throws GenerationException {
        JsonNode usage = frame.path("usageMetadata");
        used(
                tokens(usage.path("promptTokenCount")),
                tokens(usage.path("candidatesTokenCount"), usage.path("thoughtsTokenCount")));
        if (!text(frame.path("promptFeedback"), "blockReason").isEmpty()) {
            reason = FinishReason.CONTENT_FILTER;
        }
        JsonNode candidate = frame.path("candidates").path(0);
        for (JsonNode part : candidate.path("content").path("parts")) {
            part(part);
        }
        FinishReason why = FinishReasons.of(candidate.path("finishReason"), failures);
        reason = why == null ? reason : why;
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
            call(call, text(part, "thoughtSignature"));
        } else if (part.has("inlineData")) {
            inline(part.path("inlineData"));
        } else if (part.has("fileData")) {
            JsonNode file = part.path("fileData");
            said.file(mediaType(file), text(file, "fileUri"));
        } else if (part.has("executableCode") || part.has("codeExecutionResult")) {
            said.leaveOut("code execution");
        }
    }

    private void call(JsonNode call, String signature) throws GenerationException {
        if (!signature.isEmpty()) {
            said.endReasoning(Json.of(Json.MAPPER
                    .createObjectNode()
                    .set("google", Json.MAPPER.createObjectNode().put("thoughtSignature", signature))));
        }
        String id = said.startTool(text(call, "id"), text(call, "name"));
        said.toolInput(
                id, call.path("args").isObject() ? Json.of(call.path("args")).text() : text(call, "args"));
    }

    /// Bytes of whatever kind are kept, also of one that nobody can show.
    private void inline(JsonNode data) {
        String base64 = text(data, "data").replace('-', '+').replace('_', '/').replaceAll("[^A-Za-z0-9+/=]", "");
        if (!base64.isEmpty()) {
            String mediaType = mediaType(data);
            said.file(mediaType, "data:" + mediaType + ";base64," + base64);
        }
    }

    /// With its parameters, which sound without a header needs.
    private static String mediaType(JsonNode data) {
        String given = text(data, "mimeType").strip();
        return given.matches("[\\w!#$&^.+-]{1,100}/[\\w!#$&^.+-]{1,100}(?:; ?[\\w.-]{1,50}=[\\w.-]{1,50}){0,5}")
                ? given.replace("; ", ";")
                : MediaTypes.ANY;
    }
}
