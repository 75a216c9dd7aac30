package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Asked.assistant;
import static dev.chatkeep.langchain4j.Asked.prompt;
import static dev.chatkeep.langchain4j.Asked.text;
import static dev.chatkeep.langchain4j.Asked.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import dev.chatkeep.message.Part;
import dev.chatkeep.run.ModelEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What one step says in its metadata comes back to the provider with the next.
class SignatureRoundTripTest {

    /// The parts that a step's events make once they are stored, its tools run.
    private static Part[] stored(List<ModelEvent> events) {
        List<Part> parts = new ArrayList<>();
        StringBuilder reasoning = new StringBuilder();
        for (ModelEvent event : events) {
            switch (event) {
                case ModelEvent.ReasoningDelta delta -> reasoning.append(delta.text());
                case ModelEvent.ReasoningEnd end -> {
                    parts.add(new Part.Reasoning(reasoning.toString(), end.providerMetadata()));
                    reasoning.setLength(0);
                }
                case ModelEvent.ToolInput tool ->
                    parts.add(new Part.Tool(
                            tool.toolCallId(),
                            tool.toolName(),
                            "output-available",
                            new Json(tool.input()),
                            new Json("1"),
                            null));
                default -> {}
            }
        }
        return parts.toArray(Part[]::new);
    }

    private static String secondRequest(Provider provider, ScriptedProvider server) throws IOException {
        try (server) {
            Asked first = Asked.ask(provider, server);
            assertThat(first.failure()).isNull();
            Asked.ask(provider, server, prompt(user(text("Hi")), assistant(stored(first.events()))));
            return server.requests.get(1).body().replaceAll("\\s", "");
        }
    }

    @Test
    void anthropicGetsItsThinkingItsSignatureAndWhatItRedactedBack() throws IOException {
        String request = secondRequest(
                Provider.ANTHROPIC,
                ScriptedProvider.data(
                        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}",
                        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}",
                        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"SIG/+=\"}}",
                        "{\"type\":\"content_block_stop\",\"index\":0}",
                        "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"redacted_thinking\",\"data\":\"HID/+=\"}}",
                        "{\"type\":\"content_block_stop\",\"index\":1}",
                        "{\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"w\",\"input\":{}}}",
                        "{\"type\":\"content_block_stop\",\"index\":2}",
                        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"}}",
                        "{\"type\":\"message_stop\"}"));

        assertThat(request)
                .containsSubsequence(
                        "\"thinking\":\"hm\"",
                        "\"signature\":\"SIG/+=\"",
                        "\"data\":\"HID/+=\"",
                        "\"type\":\"tool_use\"");
    }

    @Test
    void geminiGetsItsSignatureBackOnTheCall() throws IOException {
        String request = secondRequest(
                Provider.GEMINI,
                ScriptedProvider.data(
                        "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"w\",\"args\":{}},"
                                + "\"thoughtSignature\":\"SIG/+=\"}]},\"finishReason\":\"STOP\"}]}"));

        assertThat(request).contains("\"thoughtSignature\":\"SIG/+=\"");
    }
}
