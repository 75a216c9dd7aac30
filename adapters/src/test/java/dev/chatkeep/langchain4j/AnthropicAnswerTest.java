package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Asked.ask;
import static dev.chatkeep.langchain4j.Provider.ANTHROPIC;
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
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class AnthropicAnswerTest {

    private static final String START = """
            {"type":"message_start","message":{"usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}}}""";
    private static final String STOP = "{\"type\":\"message_stop\"}";

    private static String start(int index, String block) {
        return "{\"type\":\"content_block_start\",\"index\":" + index + ",\"content_block\":" + block + "}";
    }

    private static String delta(int index, String delta) {
        return "{\"type\":\"content_block_delta\",\"index\":" + index + ",\"delta\":" + delta + "}";
    }

    private static String stop(int index) {
        return "{\"type\":\"content_block_stop\",\"index\":" + index + "}";
    }

    private static String end(String reason) {
        return "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"" + reason
                + "\"},\"usage\":{\"output_tokens\":42}}";
    }

    private static Asked play(String... frames) throws IOException {
        String[] events = Arrays.stream(frames)
                .map(frame ->
                        "event: " + Json.MAPPER.readTree(frame).path("type").stringValue() + "\ndata: " + frame)
                .toArray(String[]::new);
        try (ScriptedProvider server = ScriptedProvider.events(events)) {
            return ask(ANTHROPIC, server);
        }
    }

    private static ReasoningEnd signed(String signature) {
        return new ReasoningEnd(new Json("{\"anthropic\":{\"signature\":\"" + signature + "\"}}"));
    }

    @Test
    void eachBlockOfInterleavedThinkingEndsWithItsOwnSignature() throws IOException {
        Asked asked = play(
                START,
                start(0, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"),
                delta(0, "{\"type\":\"thinking_delta\",\"thinking\":\"T1\"}"),
                delta(0, "{\"type\":\"signature_delta\",\"signature\":\"SIG-1\"}"),
                stop(0),
                start(1, "{\"type\":\"text\",\"text\":\"\"}"),
                delta(1, "{\"type\":\"text_delta\",\"text\":\"Hello\"}"),
                stop(1),
                start(2, "{\"type\":\"thinking\",\"thinking\":\"\"}"),
                delta(2, "{\"type\":\"thinking_delta\",\"thinking\":\"T2\"}"),
                delta(2, "{\"type\":\"signature_delta\",\"signature\":\"SIG-2\"}"),
                stop(2),
                start(3, "{\"type\":\"redacted_thinking\",\"data\":\"HIDDEN\"}"),
                stop(3),
                start(4, "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"weather\",\"input\":{}}"),
                delta(4, "{\"type\":\"input_json_delta\",\"partial_json\":\"\"}"),
                delta(4, "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"city\\\":\"}"),
                delta(4, "{\"type\":\"input_json_delta\",\"partial_json\":\"\\\"Rome\\\"}\"}"),
                stop(4),
                end("tool_use"),
                STOP);

        assertThat(asked.failure()).isNull();
        assertThat(asked.events())
                .containsExactly(
                        new ReasoningDelta("T1"),
                        signed("SIG-1"),
                        new TextDelta("Hello"),
                        new ReasoningDelta("T2"),
                        signed("SIG-2"),
                        new ReasoningEnd(new Json("{\"anthropic\":{\"redactedData\":\"HIDDEN\"}}")),
                        new ToolInputStart("toolu_1", "weather"),
                        new ToolInputDelta("toolu_1", "{\"city\":"),
                        new ToolInputDelta("toolu_1", "\"Rome\"}"),
                        new ToolInput("toolu_1", "weather", "{\"city\":\"Rome\"}"),
                        new Finish(FinishReason.TOOL_CALLS, new Usage(15, 42)));
    }

    @Test
    void emptyArgumentsComeOnceAsDelta() throws IOException {
        Asked asked = play(
                START,
                start(0, "{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"now\",\"input\":{}}"),
                delta(0, "{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}"),
                stop(0),
                start(1, "{\"type\":\"tool_use\",\"id\":\"b\",\"name\":\"now\",\"input\":{}}"),
                stop(1),
                end("tool_use"),
                STOP);

        assertThat(asked.events())
                .startsWith(
                        new ToolInputStart("a", "now"),
                        new ToolInputDelta("a", "{}"),
                        new ToolInput("a", "now", "{}"),
                        new ToolInputStart("b", "now"),
                        new ToolInput("b", "now", "{}"));
    }

    @Test
    void theReasonsToStopAreMapped() throws IOException {
        assertThat(reason("max_tokens")).isEqualTo(FinishReason.LENGTH);
        assertThat(reason("stop_sequence")).isEqualTo(FinishReason.STOP);
        assertThat(reason("refusal")).isEqualTo(FinishReason.CONTENT_FILTER);
        assertThat(reason("pause_turn")).isEqualTo(FinishReason.OTHER);
    }

    private static FinishReason reason(String word) throws IOException {
        Asked asked = play(START, start(0, "{\"type\":\"text\",\"text\":\"x\"}"), stop(0), end(word), STOP);
        return ((Finish) asked.events().getLast()).reason();
    }

    @Test
    void anEndInsideAToolCallIsBroken() throws IOException {
        Asked asked = play(
                START,
                start(0, "{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"now\",\"input\":{}}"),
                delta(0, "{\"type\":\"input_json_delta\",\"partial_json\":\"{\"}"),
                end("max_tokens"),
                STOP);

        assertThat(asked.failure()).isNotNull();
        assertThat(asked.failure().kind()).isEqualTo(Kind.BROKEN);
    }
}
