package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Asked.play;
import static dev.chatkeep.langchain4j.Provider.ANTHROPIC;
import static dev.chatkeep.langchain4j.Provider.GEMINI;
import static dev.chatkeep.langchain4j.Provider.OLLAMA;
import static dev.chatkeep.langchain4j.Provider.OPENAI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.run.ModelEvent.Usage;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Tokens as providers count them, at the end and on the way there.
class UsageTest {

    private static final String TEXT = "\"choices\":[{\"delta\":{\"content\":\"x\"}}]";
    private static final String STOP = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

    private static Usage openAi(String frame) throws IOException {
        return play(OPENAI, "data: " + frame + "\n\n" + STOP + "data: [DONE]\n\n")
                .finish()
                .usage();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2},\"choices\":[]}",
                "{\"choices\":[{\"delta\":{},\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}]}",
                "{\"choices\":[{\"delta\":{}}],\"x_groq\":{\"id\":\"req\",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}}",
                "{\"usage\":{\"input_tokens\":7,\"output_tokens\":2}}"
            })
    void ofOpenAiMayStandInSeveralPlaces(String frame) throws IOException {
        assertThat(openAi(frame)).isEqualTo(new Usage(7, 2));
    }

    @Test
    void ofOpenAiIsTakenAsItComes() throws IOException {
        Asked cut = play(
                OPENAI,
                "data: {" + TEXT + ",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1}}\n\n"
                        + "data: {" + TEXT + ",\"usage\":null}\n\n"
                        + "data: {" + TEXT + ",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n");

        assertThat(cut.failure()).isNotNull();
        assertThat(cut.usages()).containsExactly(new Usage(7, 1), new Usage(7, 3));
    }

    @Test
    void ofAnthropicIsInputFirstAndOutputAtTheEnd() throws IOException {
        Wires wires = Wires.of(ANTHROPIC);
        Asked cut = play(ANTHROPIC, wires.open() + wires.text());
        Asked whole = play(ANTHROPIC, wires.open() + wires.text() + wires.end());

        assertThat(cut.failure()).isNotNull();
        assertThat(cut.usages()).containsExactly(new Usage(3, 1));
        assertThat(whole.usages()).containsExactly(new Usage(3, 1), new Usage(3, 5));
        assertThat(whole.finish().usage()).isEqualTo(new Usage(3, 5));
    }

    @Test
    void ofGeminiGrowsWithEachFrame() throws IOException {
        String piece = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]}}],"
                + "\"usageMetadata\":{\"promptTokenCount\":4,\"candidatesTokenCount\":%s,\"thoughtsTokenCount\":1}}\n\n";
        Asked cut = play(GEMINI, piece.formatted(1) + piece.formatted(2));

        assertThat(cut.usages()).containsExactly(new Usage(4, 2), new Usage(4, 3));
    }

    /// A count of nothing is what gateways send that do not know.
    @Test
    void thatIsZeroDoesNotUndoWhatWasSaid() throws IOException {
        Asked asked = play(
                ANTHROPIC,
                "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n"
                        + "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"x\"}}\n\n"
                        + "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
                        + "\"usage\":{\"input_tokens\":0,\"output_tokens\":5}}\n\n");

        assertThat(asked.finish().usage()).isEqualTo(new Usage(9, 5));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-1",
                "-9223372036854775808",
                "9223372036854775808",
                "1e30",
                "1000000000001",
                "7.5",
                "7.0",
                "\"7\"",
                "true",
                "[7]",
                "null"
            })
    void thatIsNoNumberOfTokensIsNotSaid(String count) throws IOException {
        assertThat(openAi("{\"usage\":{\"prompt_tokens\":" + count + ",\"completion_tokens\":2}}"))
                .isEqualTo(new Usage(0, 2));
        assertThat(play(
                                ANTHROPIC,
                                "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"x\"}}\n\n"
                                        + "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
                                        + "\"usage\":{\"input_tokens\":" + count + ",\"output_tokens\":" + count
                                        + "}}\n\n")
                        .finish()
                        .usage())
                .isEqualTo(Usage.NONE);
        assertThat(play(
                                GEMINI,
                                "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]},\"finishReason\":\"STOP\"}],"
                                        + "\"usageMetadata\":{\"promptTokenCount\":" + count
                                        + ",\"candidatesTokenCount\":2}}\n\n")
                        .finish()
                        .usage())
                .isEqualTo(new Usage(0, 2));
        assertThat(play(
                                OLLAMA,
                                "{\"message\":{\"content\":\"x\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":"
                                        + count + ",\"eval_count\":2}\n")
                        .finish()
                        .usage())
                .isEqualTo(new Usage(0, 2));
    }

    @Test
    void whoseSumIsNoNumberOfTokensIsNotSaid() throws IOException {
        Asked asked = play(
                ANTHROPIC,
                "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":999999999999,"
                        + "\"cache_read_input_tokens\":999999999999,\"output_tokens\":1}}}\n\n");

        assertThat(asked.usages()).containsExactly(new Usage(0, 1));
    }
}
