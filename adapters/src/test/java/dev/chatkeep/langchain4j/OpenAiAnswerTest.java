package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Asked.ask;
import static dev.chatkeep.langchain4j.Provider.OPENAI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException.Kind;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.ModelEvent.Finish;
import dev.chatkeep.run.ModelEvent.ReasoningDelta;
import dev.chatkeep.run.ModelEvent.ReasoningEnd;
import dev.chatkeep.run.ModelEvent.TextDelta;
import dev.chatkeep.run.ModelEvent.ToolInput;
import dev.chatkeep.run.ModelEvent.ToolInputDelta;
import dev.chatkeep.run.ModelEvent.ToolInputStart;
import dev.chatkeep.run.ModelEvent.Usage;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class OpenAiAnswerTest {

    private static final String DONE = "[DONE]";

    private static String delta(String delta) {
        return "{\"choices\":[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":null}]}";
    }

    private static String end(String reason) {
        return "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" + reason + "\"}]}";
    }

    private static Asked play(String... frames) throws IOException {
        try (ScriptedProvider server = ScriptedProvider.data(frames)) {
            return ask(OPENAI, server);
        }
    }

    @Test
    void textArrivesAsDeltasWithTheUsageOfTheLastFrame() throws IOException {
        Asked asked = play(
                delta("{\"role\":\"assistant\",\"content\":\"\"}"),
                delta("{\"content\":\"Hel\"}"),
                delta("{\"content\":\"lo\"}"),
                end("stop"),
                "{\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9}}",
                DONE);

        assertThat(asked.failure()).isNull();
        assertThat(asked.events())
                .containsExactly(
                        new TextDelta("Hel"), new TextDelta("lo"), new Finish(FinishReason.STOP, new Usage(7, 2)));
    }

    @Test
    void reasoningUnderEitherNameEndsBeforeTheText() throws IOException {
        Asked asked = play(
                delta("{\"reasoning_content\":\"Let \"}"),
                delta("{\"reasoning\":\"me\"}"),
                delta("{\"content\":\"Hi\"}"),
                end("stop"),
                DONE);

        assertThat(asked.events())
                .containsExactly(
                        new ReasoningDelta("Let "),
                        new ReasoningDelta("me"),
                        new ReasoningEnd(null),
                        new TextDelta("Hi"),
                        new Finish(FinishReason.STOP, Usage.NONE));
    }

    @Test
    void contentInBlocksIsReadAsReasoningAndText() throws IOException {
        Asked asked = play(
                delta("{\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"hm\"}]}]}"),
                delta("{\"content\":[{\"type\":\"text\",\"text\":\"Hi\"}]}"),
                end("stop"),
                DONE);

        assertThat(asked.events()).startsWith(new ReasoningDelta("hm"), new ReasoningEnd(null), new TextDelta("Hi"));
    }

    @Test
    void parallelToolCallsKeepTheirOwnArgumentsEvenWhenTheirFramesAlternate() throws IOException {
        Asked asked = play(
                delta(
                        "{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"w\",\"arguments\":\"\"}}]}"),
                delta("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"c\\\":\"}}]}"),
                delta(
                        "{\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"type\":\"function\",\"function\":{\"name\":\"t\",\"arguments\":\"{}\"}}]}"),
                delta("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]}"),
                end("tool_calls"),
                DONE);

        assertThat(asked.events())
                .containsExactly(
                        new ToolInputStart("a", "w"),
                        new ToolInputDelta("a", "{\"c\":"),
                        new ToolInputStart("b", "t"),
                        new ToolInputDelta("b", "{}"),
                        new ToolInputDelta("a", "1}"),
                        new ToolInput("a", "w", "{\"c\":1}"),
                        new ToolInput("b", "t", "{}"),
                        new Finish(FinishReason.TOOL_CALLS, Usage.NONE));
    }

    @Test
    void callsThatAllComeUnderIndexZeroAreToldApartByTheirIds() throws IOException {
        Asked asked = play(
                delta(
                        "{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"w\",\"arguments\":\"{\\\"x\\\":1}\"}}]}"),
                delta(
                        "{\"tool_calls\":[{\"index\":0,\"id\":\"b\",\"function\":{\"name\":\"w\",\"arguments\":\"{\\\"x\\\":2}\"}}]}"),
                end("stop"),
                DONE);

        assertThat(inputs(asked))
                .containsExactly(new ToolInput("a", "w", "{\"x\":1}"), new ToolInput("b", "w", "{\"x\":2}"));
        assertThat(asked.events().getLast()).isEqualTo(new Finish(FinishReason.TOOL_CALLS, Usage.NONE));
    }

    @Test
    void callsWithoutIndexAreToldApartByTheirIds() throws IOException {
        Asked asked = play(
                delta("{\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"w\",\"arguments\":\"{\"}}]}"),
                delta("{\"tool_calls\":[{\"function\":{\"arguments\":\"}\"}}]}"),
                delta("{\"tool_calls\":[{\"id\":\"b\",\"function\":{\"name\":\"t\",\"arguments\":\"{}\"}}]}"),
                end("tool_calls"),
                DONE);

        assertThat(inputs(asked)).containsExactly(new ToolInput("a", "w", "{}"), new ToolInput("b", "t", "{}"));
    }

    @Test
    void callsWithoutIdsGetDifferentOnes() throws IOException {
        Asked asked = play(
                delta("{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"w\",\"arguments\":\"{}\"}}]}"),
                delta("{\"tool_calls\":[{\"index\":1,\"function\":{\"name\":\"w\"}}]}"),
                end("tool_calls"),
                DONE);

        assertThat(inputs(asked))
                .extracting(ToolInput::toolCallId)
                .doesNotHaveDuplicates()
                .hasSize(2);
        assertThat(inputs(asked)).extracting(ToolInput::input).containsExactly("{}", "{}");
    }

    @Test
    void anIdThatTheHistoryHasTakenIsReplaced() throws IOException {
        try (ScriptedProvider server = ScriptedProvider.data(
                delta(
                        "{\"tool_calls\":[{\"index\":0,\"id\":\"call_0\",\"function\":{\"name\":\"w\",\"arguments\":\"{}\"}}]}"),
                end("tool_calls"),
                DONE)) {
            Asked asked = ask(
                    OPENAI,
                    server,
                    Asked.prompt(
                            Asked.user(Asked.text("Hi")), Asked.assistant(Asked.called("call_0", "w", "{}", "1"))));

            assertThat(inputs(asked))
                    .singleElement()
                    .satisfies(input -> assertThat(input.toolCallId()).isNotEqualTo("call_0"));
        }
    }

    @Test
    void theReasonsToStopAreMapped() throws IOException {
        assertThat(reason("length")).isEqualTo(FinishReason.LENGTH);
        assertThat(reason("content_filter")).isEqualTo(FinishReason.CONTENT_FILTER);
        assertThat(reason("newly_invented")).isEqualTo(FinishReason.OTHER);
    }

    private static FinishReason reason(String word) throws IOException {
        return ((Finish) play(delta("{\"content\":\"x\"}"), end(word), DONE)
                        .events()
                        .getLast())
                .reason();
    }

    @Test
    void anErrorFrameInTheMiddleIsAFailureOfItsOwnKind() throws IOException {
        Asked asked = play(delta("{\"content\":\"Hel\"}"), "{\"error\":{\"message\":\"Provider died\",\"code\":502}}");

        assertThat(asked.events()).containsExactly(new TextDelta("Hel"));
        assertThat(asked.failure()).isNotNull();
        assertThat(asked.failure().kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(asked.failure()).hasMessageContaining("Provider died");
    }

    @Test
    void anErrorFrameThatIsJustTextIsAFailure() throws IOException {
        assertThat(kind(play("{\"error\":\"out of memory\"}", DONE))).isEqualTo(Kind.BROKEN);
    }

    @Test
    void aMarkerWithoutAReasonIsNoEnd() throws IOException {
        assertThat(kind(play(delta("{\"content\":\"Hel\"}"), DONE))).isEqualTo(Kind.BROKEN);
    }

    @Test
    void aReasonWithoutAMarkerIsAnEnd() throws IOException {
        Asked asked = play(delta("{\"content\":\"Hello\"}"), end("stop"));

        assertThat(asked.failure()).isNull();
        assertThat(asked.events()).endsWith(new Finish(FinishReason.STOP, Usage.NONE));
    }

    @Test
    void aToolCallThatDidNotArriveIsAFailure() throws IOException {
        assertThat(kind(play(end("tool_calls"), DONE))).isEqualTo(Kind.BROKEN);
    }

    @Test
    void aCallCutOffInItsArgumentsIsNeverComplete() throws IOException {
        Asked asked = play(
                delta(
                        "{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"w\",\"arguments\":\"{\\\"c\"}}]}"));

        assertThat(kind(asked)).isEqualTo(Kind.BROKEN);
        assertThat(inputs(asked)).isEmpty();
    }

    private static Kind kind(Asked asked) {
        assertThat(asked.failure()).isNotNull();
        return asked.failure().kind();
    }

    private static List<ToolInput> inputs(Asked asked) {
        return asked.events().stream()
                .flatMap((ModelEvent event) -> event instanceof ToolInput input ? Stream.of(input) : Stream.of())
                .toList();
    }
}
