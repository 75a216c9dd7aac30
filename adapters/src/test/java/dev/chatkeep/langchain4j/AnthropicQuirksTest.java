package dev.chatkeep.langchain4j;

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
import dev.chatkeep.run.ModelEvent.Usage;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What gateways that speak Anthropic's protocol leave out or say in another order.
class AnthropicQuirksTest {

    private static final String STOP = "{\"type\":\"message_stop\"}";

    private static String start(String block) {
        return "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":" + block + "}";
    }

    private static String delta(String delta) {
        return "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":" + delta + "}";
    }

    private static String stop() {
        return "{\"type\":\"content_block_stop\",\"index\":0}";
    }

    private static String end(String reason) {
        return "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":" + reason + "}}";
    }

    private static Asked play(String... frames) throws IOException {
        return Asked.play(ANTHROPIC, "data: " + String.join("\n\ndata: ", frames) + "\n\n");
    }

    @Test
    void aDeltaOfABlockThatDidNotBeginIsHeard() throws IOException {
        Asked asked = play(
                delta("{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}"),
                delta("{\"type\":\"signature_delta\",\"signature\":\"SIG\"}"),
                stop(),
                delta("{\"type\":\"text_delta\",\"text\":\"Hello\"}"),
                end("\"end_turn\""),
                STOP);

        assertThat(asked.events())
                .containsExactly(
                        new ReasoningDelta("hm"),
                        new ReasoningEnd(new Json("{\"anthropic\":{\"signature\":\"SIG\"}}")),
                        new TextDelta("Hello"),
                        new Finish(FinishReason.STOP, Usage.NONE));
    }

    @Test
    void aDeltaOfAnotherKindThanItsBlockIsHeard() throws IOException {
        Asked asked = play(
                start("{\"type\":\"thinking\",\"thinking\":\"\"}"),
                delta("{\"type\":\"text_delta\",\"text\":\"Hello\"}"),
                stop(),
                end("\"end_turn\""));

        assertThat(asked.text()).isEqualTo("Hello");
        assertThat(asked.failure()).isNull();
    }

    @Test
    void aBlockThatBeginsTwiceAndOneThatEndsTwiceAreNoFailure() throws IOException {
        Asked asked = play(
                start("{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"w\",\"input\":{}}"),
                start("{\"type\":\"text\",\"text\":\"Hel\"}"),
                delta("{\"type\":\"text_delta\",\"text\":\"lo\"}"),
                stop(),
                stop(),
                end("\"tool_use\""),
                STOP);

        assertThat(asked.failure()).isNull();
        assertThat(asked.text()).isEqualTo("Hello");
        assertThat(asked.calls()).containsExactly(new ToolInput("a", "w", "{}"));
    }

    @Test
    void blocksThatDoNotEndAreEndedWithTheMessage() throws IOException {
        Asked asked = play(
                start("{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"w\",\"input\":{}}"),
                delta("{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"c\\\":1}\"}"),
                end("\"tool_use\""),
                STOP);

        assertThat(asked.finish().reason()).isEqualTo(FinishReason.TOOL_CALLS);
        assertThat(asked.calls()).containsExactly(new ToolInput("a", "w", "{\"c\":1}"));
    }

    @Test
    void argumentsThatBelongToNoCallAreAFailure() throws IOException {
        assertThat(play(delta("{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}"), end("\"tool_use\""))
                        .failed()
                        .kind())
                .isEqualTo(Kind.BROKEN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"c\":1}"})
    void anInputAtTheBeginningAndThenInPiecesIsOne(String input) throws IOException {
        Asked asked = play(
                start("{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"w\",\"input\":" + input + "}"),
                delta("{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"c\\\":1}\"}"),
                stop(),
                end("\"tool_use\""),
                STOP);

        assertThat(asked.calls()).containsExactly(new ToolInput("a", "w", "{\"c\":1}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "\"null\"", "\"\""})
    void aStopReasonThatSaysNothingIsNone(String reason) throws IOException {
        assertThat(play(start("{\"type\":\"text\",\"text\":\"Hi\"}"), stop(), end(reason), STOP)
                        .failed()
                        .kind())
                .isEqualTo(Kind.BROKEN);
    }

    @Test
    void blocksOfUnknownKindsLoseNothingElse() throws IOException {
        Asked asked = play(
                start("{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{}}"),
                delta("{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"query\\\":1}\"}"),
                stop(),
                start("{\"type\":\"text\",\"text\":\"Hi\"}"),
                delta("{\"type\":\"citations_delta\",\"citation\":{}}"),
                stop(),
                end("\"end_turn\""),
                STOP);

        assertThat(asked.failure()).isNull();
        assertThat(asked.events()).hasSize(2).startsWith(new TextDelta("Hi"));
    }
}
