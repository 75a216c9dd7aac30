package dev.chatkeep.langchain4j;

import dev.chatkeep.db.Json;
import dev.chatkeep.message.Part;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// An answer's parts as the messages a provider wants to see: for each step what the model said and which tools it
/// called, then the results of all of them.
///
/// A `step-start` begins a step, and so does text after a tool. Where Anthropic alternated thinking with text or
/// calls, each stretch is a message of its own, since LangChain4j has room for one signature in a message; the API
/// joins them again. Reasoning goes back only where the provider signed it.
final class AssistantSteps {

    /// What LangChain4j calls them in [AiMessage#attributes()].
    private static final String SIGNATURE = "thinking_signature";

    private static final String REDACTED = "redacted_thinking";

    private final Provider provider;
    private final List<ChatMessage> messages = new ArrayList<>();
    private final List<ChatMessage> results = new ArrayList<>();

    private final List<String> texts = new ArrayList<>();
    private final List<ToolExecutionRequest> calls = new ArrayList<>();
    private final List<String> redacted = new ArrayList<>();
    private @Nullable String thinking;
    private @Nullable String signature;

    private AssistantSteps(Provider provider) {
        this.provider = provider;
    }

    static List<ChatMessage> of(Provider provider, List<Part> parts) {
        AssistantSteps steps = new AssistantSteps(provider);
        parts.forEach(steps::add);
        steps.endStep();
        return steps.messages;
    }

    private void add(Part part) {
        switch (part) {
            case Part.Text(String text) -> text(text);
            case Part.Reasoning(String text, Json metadata) -> {
                if (metadata != null) {
                    reasoning(text, metadata.tree());
                }
            }
            case Part.Tool tool -> call(tool);
            case Part.Unknown other -> {
                if (other.type().equals("step-start")) {
                    endStep();
                }
            }
            // LangChain4j gives no provider its own pictures back.
            case Part.File file -> text("(A file of type " + file.mediaType() + " that is not shown to you again.)");
        }
    }

    private void text(String text) {
        if (!text.isBlank()) {
            if (!results.isEmpty()) {
                endStep();
            }
            texts.add(text);
        }
    }

    private void reasoning(String text, JsonNode metadata) {
        if (provider == Provider.GEMINI) {
            // The first of several calls carries the signature, and LangChain4j puts it there again.
            signature = signature == null ? field(metadata, "google", "thoughtSignature") : signature;
        } else if (provider == Provider.ANTHROPIC) {
            String signed = field(metadata, "anthropic", "signature");
            String hidden = field(metadata, "anthropic", "redactedData");
            if (signed != null && !text.isBlank()) {
                endStretch();
                thinking = text;
                signature = signed;
            } else if (hidden != null) {
                if (!texts.isEmpty() || !calls.isEmpty()) {
                    endStretch();
                }
                redacted.add(hidden);
            }
        }
    }

    private static @Nullable String field(JsonNode metadata, String provider, String name) {
        return metadata.path(provider).path(name).asStringOpt().orElse(null);
    }

    private void call(Part.Tool tool) {
        // Anthropic allows no other characters, and another provider's call may be in the history.
        String id = tool.toolCallId().replaceAll("[^a-zA-Z0-9_-]", "_");
        calls.add(ToolExecutionRequest.builder()
                .id(id)
                .name(tool.toolName())
                .arguments(arguments(tool.input()))
                .build());
        boolean done = tool.state().equals("output-available");
        results.add(ToolExecutionResultMessage.builder()
                .id(id)
                .toolName(tool.toolName())
                .text(result(tool))
                .isError(done ? null : true)
                .build());
    }

    /// Always an object, as all but OpenAI demand.
    private static String arguments(@Nullable Json input) {
        if (input == null) {
            return "{}";
        }
        JsonNode tree = input.tree();
        return tree.isObject()
                ? input.text()
                : Json.MAPPER.createObjectNode().set("input", tree).toString();
    }

    private static String result(Part.Tool tool) {
        return switch (tool.state()) {
            case "output-available" ->
                tool.output() == null ? "null" : output(tool.output().tree());
            case "output-error" -> tool.errorText() == null || tool.errorText().isBlank() ? "error" : tool.errorText();
            default -> "no result";
        };
    }

    private static String output(JsonNode output) {
        String text = output.isString() ? output.stringValue() : output.toString();
        return text.isBlank() ? "(empty)" : text;
    }

    private void endStep() {
        endStretch();
        messages.addAll(results);
        results.clear();
    }

    private void endStretch() {
        if (!texts.isEmpty() || !calls.isEmpty() || thinking != null || !redacted.isEmpty()) {
            Map<String, Object> attributes = new HashMap<>();
            if (signature != null) {
                attributes.put(SIGNATURE, signature);
            }
            if (!redacted.isEmpty()) {
                attributes.put(REDACTED, List.copyOf(redacted));
            }
            messages.add(AiMessage.builder()
                    .text(texts.isEmpty() ? null : String.join("\n", texts))
                    .thinking(thinking)
                    .toolExecutionRequests(List.copyOf(calls))
                    .attributes(attributes)
                    .build());
        }
        texts.clear();
        calls.clear();
        redacted.clear();
        thinking = null;
        signature = null;
    }
}
