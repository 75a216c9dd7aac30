package dev.chatkeep.run;

import dev.chatkeep.db.Json;
import dev.chatkeep.message.Status;
import dev.chatkeep.run.ModelEvent.Usage;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The metadata of an answer: what is known before its first word, at its end, and what a stream tells besides.
final class AnswerMetadata {

    private AnswerMetadata() {}

    /// What the client is told before the first word, and the row holds while the answer is written.
    static ObjectNode begun(Turn turn) {
        ObjectNode metadata = JsonNodeFactory.instance
                .objectNode()
                .put("modelId", turn.model().id());
        if (turn.tellChatId()) {
            metadata.put("chatId", turn.chatId());
        }
        if (turn.reasoningEffort() != null) {
            metadata.put("reasoningEffort", turn.reasoningEffort().word());
        }
        return metadata;
    }

    /// `metadata` with what is known at an answer's end.
    static ObjectNode ended(ObjectNode metadata, Usage usage, FinishReason reason, Duration took) {
        metadata.putObject("tokens")
                .put("input", usage.input())
                .put("output", usage.output())
                .put("total", usage.total());
        return metadata.put("finishReason", reason.word()).put("streamDuration", took.toMillis());
    }

    /// What a stream tells at its end: the metadata, how the answer ended, and why it failed. A message has the
    /// last two beside its metadata, which a stream cannot say.
    static Json told(@Nullable Json metadata, Status status, @Nullable String error) {
        JsonNode known = metadata == null ? JsonNodeFactory.instance.objectNode() : metadata.tree();
        if (!(known instanceof ObjectNode told)) {
            return Json.of(known);
        }
        told.put("status", status.word());
        if (error != null) {
            told.put("error", error);
        }
        return Json.of(told);
    }
}
