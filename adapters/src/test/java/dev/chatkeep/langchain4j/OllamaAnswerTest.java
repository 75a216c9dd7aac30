package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Asked.ask;
import static dev.chatkeep.langchain4j.Provider.OLLAMA;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.ModelEvent.Finish;
import dev.chatkeep.run.ModelEvent.ReasoningDelta;
import dev.chatkeep.run.ModelEvent.ReasoningEnd;
import dev.chatkeep.run.ModelEvent.TextDelta;
import dev.chatkeep.run.ModelEvent.ToolInput;
import dev.chatkeep.run.ModelEvent.Usage;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class OllamaAnswerTest {

    private static final String END =
            "{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":3,\"eval_count\":5}";

    private static Asked play(String... frames) throws IOException {
        try (ScriptedProvider server = ScriptedProvider.lines(frames)) {
            return ask(OLLAMA, server);
        }
    }

    @Test
    void thinkingEndsBeforeTheTextAndTheCountsAreKept() throws IOException {
        Asked asked = play(
                "{\"message\":{\"content\":\"\",\"thinking\":\"hm\"},\"done\":false}",
                "{\"message\":{\"content\":\"Hi\"},\"done\":false}",
                END);

        assertThat(asked.events())
                .containsExactly(
                        new ReasoningDelta("hm"),
                        new ReasoningEnd(null),
                        new TextDelta("Hi"),
                        new Finish(FinishReason.STOP, new Usage(3, 5)));
    }

    @Test
    void parallelCallsWithoutIndexStayApart() throws IOException {
        Asked asked = play(
                "{\"message\":{\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"getWeather\",\"arguments\":{\"city\":\"Paris\"}}},"
                        + "{\"function\":{\"name\":\"getTime\",\"arguments\":{}}}]},\"done\":false}",
                "{\"message\":{\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"getTime\",\"arguments\":{\"z\":1.10}}}]},\"done\":false}",
                END);

        List<ToolInput> inputs = asked.events().stream()
                .filter(ToolInput.class::isInstance)
                .map(ToolInput.class::cast)
                .toList();
        assertThat(inputs).extracting(ToolInput::toolName).containsExactly("getWeather", "getTime", "getTime");
        assertThat(inputs).extracting(ToolInput::input).containsExactly("{\"city\":\"Paris\"}", "{}", "{\"z\":1.10}");
        assertThat(inputs).extracting(ToolInput::toolCallId).doesNotHaveDuplicates();
        assertThat(asked.events().getLast()).isEqualTo(new Finish(FinishReason.TOOL_CALLS, new Usage(3, 5)));
    }

    @Test
    void anAnswerCutByItsLengthSaysSo() throws IOException {
        Asked asked =
                play("{\"message\":{\"content\":\"Hi\"},\"done\":false}", "{\"done\":true,\"done_reason\":\"length\"}");

        assertThat(asked.events().getLast()).isEqualTo(new Finish(FinishReason.LENGTH, Usage.NONE));
    }
}
