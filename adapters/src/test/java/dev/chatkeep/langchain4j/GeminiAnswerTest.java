package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Asked.ask;
import static dev.chatkeep.langchain4j.Provider.GEMINI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException.Kind;
import dev.chatkeep.run.ModelEvent.Finish;
import dev.chatkeep.run.ModelEvent.ReasoningDelta;
import dev.chatkeep.run.ModelEvent.ReasoningEnd;
import dev.chatkeep.run.ModelEvent.TextDelta;
import dev.chatkeep.run.ModelEvent.ToolInput;
import dev.chatkeep.run.ModelEvent.ToolInputStart;
import dev.chatkeep.run.ModelEvent.Usage;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class GeminiAnswerTest {

    private static String parts(String parts) {
        return "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[" + parts + "]}}]}";
    }

    private static String end(String reason) {
        return "{\"candidates\":[{\"finishReason\":\"" + reason + "\"}]}";
    }

    private static Asked play(String... frames) throws IOException {
        try (ScriptedProvider server = ScriptedProvider.data(frames)) {
            return ask(GEMINI, server);
        }
    }

    @Test
    void severalPartsOfOneFrameStayInOrderAndUnchanged() throws IOException {
        Asked asked = play(
                parts("{\"text\":\"hm\",\"thought\":true},{\"text\":\"Hel\"},{\"text\":\"lo\"}"),
                end("STOP"),
                "{\"usageMetadata\":{\"promptTokenCount\":4,\"candidatesTokenCount\":2,\"thoughtsTokenCount\":3}}");

        assertThat(asked.failure()).isNull();
        assertThat(asked.events())
                .containsExactly(
                        new ReasoningDelta("hm"),
                        new ReasoningEnd(null),
                        new TextDelta("Hel"),
                        new TextDelta("lo"),
                        new Finish(FinishReason.STOP, new Usage(4, 5)));
    }

    @Test
    void parallelCallsWithoutIdsGetDifferentOnesAndTheSignatureIsKept() throws IOException {
        Asked asked = play(
                parts("{\"functionCall\":{\"name\":\"w\",\"args\":{\"c\":\"Rome\"}},\"thoughtSignature\":\"SIG\"},"
                        + "{\"functionCall\":{\"name\":\"w\",\"args\":{\"c\":\"Oslo\"}}}"),
                end("STOP"));

        assertThat(asked.failure()).isNull();
        List<ToolInput> inputs = asked.events().stream()
                .filter(ToolInput.class::isInstance)
                .map(ToolInput.class::cast)
                .toList();
        assertThat(inputs).extracting(ToolInput::input).containsExactly("{\"c\":\"Rome\"}", "{\"c\":\"Oslo\"}");
        assertThat(inputs).extracting(ToolInput::toolCallId).doesNotHaveDuplicates();
        assertThat(asked.events())
                .containsExactly(
                        new ReasoningEnd(new Json("{\"google\":{\"thoughtSignature\":\"SIG\"}}")),
                        new ToolInputStart(inputs.get(0).toolCallId(), "w"),
                        inputs.get(0),
                        new ToolInputStart(inputs.get(1).toolCallId(), "w"),
                        inputs.get(1),
                        new Finish(FinishReason.TOOL_CALLS, Usage.NONE));
    }

    @Test
    void aReasonThatIsNotKnownLosesNothingOfWhatWasSaid() throws IOException {
        Asked asked =
                play("{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"w\",\"args\":{}}}]},"
                        + "\"finishReason\":\"FUNCTION_CALL\"}]}");

        assertThat(asked.failure()).isNull();
        assertThat(asked.events()).anyMatch(ToolInput.class::isInstance);
        assertThat(asked.events().getLast()).isEqualTo(new Finish(FinishReason.TOOL_CALLS, Usage.NONE));
    }

    @Test
    void aReasonThatIsNotKnownAndNotAWordIsAFailure() throws IOException {
        assertThat(kind(play(end("NEWLY_INVENTED")))).isEqualTo(Kind.BROKEN);
    }

    @Test
    void aMalformedCallIsAFailure() throws IOException {
        assertThat(kind(play(end("MALFORMED_FUNCTION_CALL")))).isEqualTo(Kind.BROKEN);
    }

    @Test
    void aPromptThatIsBlockedEndsFiltered() throws IOException {
        Asked asked =
                play("{\"promptFeedback\":{\"blockReason\":\"SAFETY\"},\"usageMetadata\":{\"promptTokenCount\":4}}");

        assertThat(asked.failure()).isNull();
        assertThat(asked.events()).containsExactly(new Finish(FinishReason.CONTENT_FILTER, new Usage(4, 0)));
    }

    private static Kind kind(Asked asked) {
        assertThat(asked.failure()).isNotNull();
        return asked.failure().kind();
    }
}
