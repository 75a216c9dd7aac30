package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Asked.play;
import static dev.chatkeep.langchain4j.Provider.ANTHROPIC;
import static dev.chatkeep.langchain4j.Provider.GEMINI;
import static dev.chatkeep.langchain4j.Provider.OLLAMA;
import static dev.chatkeep.langchain4j.Provider.OPENAI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException.Kind;
import dev.chatkeep.run.ModelEvent.Finish;
import dev.chatkeep.run.ModelEvent.ReasoningDelta;
import dev.chatkeep.run.ModelEvent.ReasoningEnd;
import dev.chatkeep.run.ModelEvent.TextDelta;
import dev.chatkeep.run.ModelEvent.ToolInput;
import dev.chatkeep.run.ModelEvent.ToolInputDelta;
import dev.chatkeep.run.ModelEvent.ToolInputStart;
import dev.chatkeep.run.ModelEvent.Usage;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Answers that were not streamed at all, though a stream was asked for.
class WholeBodyTest {

    private static final String OPENAI_BODY = """
            {"id":"chatcmpl-1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{
              "role":"assistant","reasoning_content":"hm","content":"Hello","refusal":null,"tool_calls":[
                {"id":"a","type":"function","function":{"name":"w","arguments":"{\\"c\\":1}"}},
                {"id":"b","type":"function","function":{"name":"w","arguments":{"c":2}}}]},
              "finish_reason":"tool_calls"}],"usage":{"prompt_tokens":7,"completion_tokens":2}}""";

    private static final String ANTHROPIC_BODY = """
            {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[
              {"type":"thinking","thinking":"hm","signature":"SIG"},{"type":"text","text":"Hello"},
              {"type":"tool_use","id":"a","name":"w","input":{"c":1}}],
              "stop_reason":"tool_use","usage":{"input_tokens":7,"output_tokens":2}}""";

    private static final String GEMINI_BODY = """
            {"candidates":[{"content":{"role":"model","parts":[{"text":"hm","thought":true},{"text":"Hello"}]},
              "finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":2}}""";

    private static final String OLLAMA_BODY = """
            {"model":"m","message":{"role":"assistant","content":"Hello","thinking":"hm"},
              "done":true,"done_reason":"stop","prompt_eval_count":7,"eval_count":2}""";

    static Stream<Arguments> bodies() {
        return Stream.of(
                Arguments.of(OPENAI, OPENAI_BODY),
                Arguments.of(ANTHROPIC, ANTHROPIC_BODY),
                Arguments.of(GEMINI, GEMINI_BODY),
                Arguments.of(GEMINI, "[" + GEMINI_BODY + "]"),
                Arguments.of(OLLAMA, OLLAMA_BODY));
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void areWholeInLinesAndOnOneAndWhateverTheyAreCalled(Provider provider, String body) throws IOException {
        String line = Json.MAPPER.readTree(body).toString();
        for (String form :
                new String[] {body, line, "\uFEFF" + body, "\n\n \n" + line + "\n", line + "data: [DONE]\n\n"}) {
            for (String type : new String[] {"application/json", "text/event-stream", "text/plain"}) {
                Asked asked = play(provider, type, form);

                assertThat(asked.events())
                        .as(form)
                        .startsWith(new ReasoningDelta("hm"))
                        .contains(new TextDelta("Hello"));
                assertThat(asked.finish().usage()).isEqualTo(new Usage(7, 2));
            }
        }
    }

    @Test
    void ofOpenAiHoldTheirToolCallsEachItsOwn() throws IOException {
        assertThat(play(OPENAI, "application/json", OPENAI_BODY).events())
                .containsExactly(
                        new ReasoningDelta("hm"),
                        new ReasoningEnd(null),
                        new TextDelta("Hello"),
                        new ToolInputStart("a", "w"),
                        new ToolInputDelta("a", "{\"c\":1}"),
                        new ToolInputStart("b", "w"),
                        new ToolInputDelta("b", "{\"c\":2}"),
                        new ToolInput("a", "w", "{\"c\":1}"),
                        new ToolInput("b", "w", "{\"c\":2}"),
                        new Finish(FinishReason.TOOL_CALLS, new Usage(7, 2)));
    }

    @Test
    void ofAnthropicHoldTheirSignatureAndTheirToolCalls() throws IOException {
        assertThat(play(ANTHROPIC, "application/json", ANTHROPIC_BODY).events())
                .containsExactly(
                        new ReasoningDelta("hm"),
                        new ReasoningEnd(new Json("{\"anthropic\":{\"signature\":\"SIG\"}}")),
                        new TextDelta("Hello"),
                        new ToolInputStart("a", "w"),
                        new ToolInputDelta("a", "{\"c\":1}"),
                        new ToolInput("a", "w", "{\"c\":1}"),
                        new Finish(FinishReason.TOOL_CALLS, new Usage(7, 2)));
    }

    @Test
    void ofGeminiMayBeAnArrayOfResponses() throws IOException {
        String piece = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"%s\"}]}%s}]}";
        Asked asked = play(
                GEMINI,
                "application/json",
                "[" + piece.formatted("Hel", "") + "\n,\r\n" + piece.formatted("lo", ",\"finishReason\":\"STOP\"")
                        + "\n]\n");

        assertThat(asked.events())
                .containsExactly(new TextDelta("Hel"), new TextDelta("lo"), new Finish(FinishReason.STOP, Usage.NONE));
    }

    @Test
    void ofGeminiMayBeAnErrorInAnArray() throws IOException {
        Asked asked = play(GEMINI, "application/json", """
                        [{
                          "error": {
                            "code": 429,
                            "message": "Quota",
                            "status": "RESOURCE_EXHAUSTED"
                          }
                        }
                        ]""");

        assertThat(asked.failed().kind()).isEqualTo(Kind.RATE_LIMITED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"choices\":[{\"message\":{\"content\":\"Hel", "[{\"candidates\":[", "{"})
    void thatAreCutAreBroken(String body) throws IOException {
        assertThat(play(OPENAI, "application/json", body).failed().kind()).isEqualTo(Kind.BROKEN);
    }

    @Test
    void thatAreLongerThanAFrameAreRefusedBeforeTheyFillTheMemory() throws Exception {
        String mebibyte = "x".repeat(1 << 20);
        try (ScriptedProvider server = new ScriptedProvider(exchange -> {
            exchange.raw(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"choices\":[\"");
            for (int i = 0; i < 64; i++) {
                exchange.raw(mebibyte);
            }
            exchange.silence();
        })) {
            Asked asked = Asked.ask(OPENAI, server);

            assertThat(asked.failed().kind()).isEqualTo(Kind.BROKEN);
            assertThat(asked.failed()).hasMessageContaining("longer than");
        }
    }

    /// Perplexity sends with each delta the message until then; others end with the whole of it.
    @Test
    void besideDeltasAreNotSaidAgain() throws IOException {
        Asked asked = play(OPENAI, """
                data: {"choices":[{"delta":{"content":"Hel"},"message":{"content":"Hel"}}]}

                data: {"choices":[{"delta":{"content":"lo"},"message":{"content":"Hello"}}]}

                data: {"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}

                """);

        assertThat(asked.text()).isEqualTo("Hello");
        assertThat(asked.finish().reason()).isEqualTo(FinishReason.STOP);
    }

    /// Some gateways put what Claude says and what it calls into a choice each.
    @Test
    void mayBeSpreadOverSeveralChoices() throws IOException {
        Asked asked = play(
                OPENAI,
                "application/json",
                "{\"choices\":[{\"message\":{\"content\":\"Hello\"},\"finish_reason\":\"tool_calls\"},"
                        + "{\"message\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"w\",\"arguments\":\"{}\"}}]},"
                        + "\"finish_reason\":\"tool_calls\"}]}");

        assertThat(asked.text()).isEqualTo("Hello");
        assertThat(asked.calls()).containsExactly(new ToolInput("a", "w", "{}"));
    }
}
