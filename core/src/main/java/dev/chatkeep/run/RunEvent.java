package dev.chatkeep.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.chatkeep.db.Json;
import org.jspecify.annotations.Nullable;

/// One chunk of the AI SDK's UI message stream v1, in the kinds that every client from 5.0.0 on accepts.
///
/// Old clients refuse unknown keys and nulls, so a record has only the fields of that version and an absent
/// value is left out. Tools are always `dynamic`: the client does not know the server's tools.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = RunEvent.Start.class, name = "start"),
    @JsonSubTypes.Type(value = RunEvent.StartStep.class, name = "start-step"),
    @JsonSubTypes.Type(value = RunEvent.FinishStep.class, name = "finish-step"),
    @JsonSubTypes.Type(value = RunEvent.TextStart.class, name = "text-start"),
    @JsonSubTypes.Type(value = RunEvent.TextDelta.class, name = "text-delta"),
    @JsonSubTypes.Type(value = RunEvent.TextEnd.class, name = "text-end"),
    @JsonSubTypes.Type(value = RunEvent.ReasoningStart.class, name = "reasoning-start"),
    @JsonSubTypes.Type(value = RunEvent.ReasoningDelta.class, name = "reasoning-delta"),
    @JsonSubTypes.Type(value = RunEvent.ReasoningEnd.class, name = "reasoning-end"),
    @JsonSubTypes.Type(value = RunEvent.ToolInputStart.class, name = "tool-input-start"),
    @JsonSubTypes.Type(value = RunEvent.ToolInputDelta.class, name = "tool-input-delta"),
    @JsonSubTypes.Type(value = RunEvent.ToolInputAvailable.class, name = "tool-input-available"),
    @JsonSubTypes.Type(value = RunEvent.ToolOutputAvailable.class, name = "tool-output-available"),
    @JsonSubTypes.Type(value = RunEvent.ToolOutputError.class, name = "tool-output-error"),
    @JsonSubTypes.Type(value = RunEvent.File.class, name = "file"),
    @JsonSubTypes.Type(value = RunEvent.MessageMetadata.class, name = "message-metadata"),
    @JsonSubTypes.Type(value = RunEvent.Finish.class, name = "finish"),
    @JsonSubTypes.Type(value = RunEvent.Abort.class, name = "abort"),
    @JsonSubTypes.Type(value = RunEvent.Failure.class, name = "error")
})
@JsonInclude(JsonInclude.Include.NON_NULL)
public sealed interface RunEvent {

    record Start(String messageId, @Nullable Json messageMetadata) implements RunEvent {}

    record StartStep() implements RunEvent {}

    record FinishStep() implements RunEvent {}

    record TextStart(String id) implements RunEvent {}

    record TextDelta(String id, String delta) implements RunEvent {}

    record TextEnd(String id) implements RunEvent {}

    record ReasoningStart(String id) implements RunEvent {}

    record ReasoningDelta(String id, String delta) implements RunEvent {}

    record ReasoningEnd(String id, @Nullable Json providerMetadata) implements RunEvent {}

    record ToolInputStart(String toolCallId, String toolName) implements RunEvent {
        @JsonProperty
        boolean dynamic() {
            return true;
        }
    }

    record ToolInputDelta(String toolCallId, String inputTextDelta) implements RunEvent {}

    record ToolInputAvailable(String toolCallId, String toolName, Json input) implements RunEvent {
        @JsonProperty
        boolean dynamic() {
            return true;
        }
    }

    /// The result of a tool that the provider executed.
    record ToolOutputAvailable(String toolCallId, Json output) implements RunEvent {
        @JsonProperty
        boolean dynamic() {
            return true;
        }

        @JsonProperty
        boolean providerExecuted() {
            return true;
        }
    }

    /// A call that came to nothing: its arguments are unusable, or never came to their end. Its input is what
    /// can be read of the deltas. (`tool-input-error` would say this too, and ends the message of 5.0.0.)
    record ToolOutputError(String toolCallId, String errorText) implements RunEvent {
        @JsonProperty
        boolean dynamic() {
            return true;
        }
    }

    /// A file that the model made.
    record File(String url, String mediaType) implements RunEvent {}

    record MessageMetadata(Json messageMetadata) implements RunEvent {}

    /// The answer is whole and stored. The finish reason travels in the metadata: 5.0.0 refuses it as a field.
    record Finish(Json messageMetadata) implements RunEvent {}

    /// The answer was stopped on request. No reason: old clients refuse the field.
    record Abort() implements RunEvent {}

    record Failure(String errorText) implements RunEvent {}

    /// The chunk as it stands behind `data: `.
    default String toJson() {
        return Json.MAPPER.writerFor(RunEvent.class).writeValueAsString(this);
    }

    /// The event of such a chunk.
    static RunEvent of(String json) {
        return Json.MAPPER.readValue(json, RunEvent.class);
    }
}
