package dev.chatkeep.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.run.GenerationException.Kind;
import dev.chatkeep.run.ModelEvent.ToolInputStart;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What one answer can hold in memory before its end.
class AnswerLimitsTest {

    private static final String PIECE = "x".repeat(1 << 20);

    private static String openAi(String call) {
        return "data: {\"choices\":[{\"delta\":{\"tool_calls\":[" + call + "]}}]}\n\n";
    }

    private static String anthropic(String type, int index, String what) {
        return "data: {\"type\":\"content_block_" + type + "\",\"index\":" + index + "," + what + "}\n\n";
    }

    private static Arguments endless(Provider provider, String what, IntFunction<String> frame) {
        return Arguments.of(provider, what, frame);
    }

    static Stream<Arguments> endlessCalls() {
        return Stream.of(
                endless(
                        Provider.OPENAI,
                        "calls",
                        i -> openAi("{\"index\":" + i + ",\"id\":\"c" + i
                                + "\",\"function\":{\"name\":\"w\",\"arguments\":\"{}\"}}")),
                endless(
                        Provider.OPENAI,
                        "calls without a name",
                        i -> openAi("{\"index\":" + i + ",\"id\":\"c" + i + "\"}")),
                endless(
                        Provider.ANTHROPIC,
                        "calls",
                        i -> anthropic(
                                "start",
                                i,
                                "\"content_block\":{\"type\":\"tool_use\",\"id\":\"c" + i
                                        + "\",\"name\":\"w\",\"input\":{}}")),
                endless(
                        Provider.ANTHROPIC,
                        "blocks",
                        i -> anthropic("start", i, "\"content_block\":{\"type\":\"text\",\"text\":\"\"}")),
                endless(
                        Provider.GEMINI,
                        "calls",
                        i ->
                                "data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"w\"}}]}}]}\n\n"),
                endless(
                        Provider.OLLAMA,
                        "calls",
                        i -> "{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"w\",\"arguments\":{}}}]}}\n"));
    }

    static Stream<Arguments> endlessPieces() {
        return Stream.of(
                endless(
                        Provider.OPENAI,
                        "arguments",
                        i -> openAi("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"w\",\"arguments\":\"" + PIECE
                                + "\"}}")),
                endless(
                        Provider.OPENAI,
                        "arguments without a name",
                        i -> openAi("{\"index\":0,\"id\":\"a\",\"function\":{\"arguments\":\"" + PIECE + "\"}}")),
                endless(
                        Provider.OPENAI,
                        "a name",
                        i -> openAi("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"" + i + PIECE + "\"}}")),
                endless(
                        Provider.ANTHROPIC,
                        "arguments",
                        i -> i == 0
                                ? anthropic(
                                        "start",
                                        0,
                                        "\"content_block\":{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"w\",\"input\":{}}")
                                : anthropic("delta", 0, "\"delta\":{\"partial_json\":\"" + PIECE + "\"}")),
                endless(
                        Provider.ANTHROPIC,
                        "a signature",
                        i -> anthropic("delta", 0, "\"delta\":{\"signature\":\"" + PIECE + "\"}")));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("endlessCalls")
    void callsWithoutEndAreTooLongAndKeepTheBeginning(Provider provider, String what, IntFunction<String> frame)
            throws Exception {
        Asked asked = endless(provider, 5_000, frame);

        assertThat(asked.failed().kind()).isEqualTo(Kind.TOO_LONG);
        assertThat(asked.failed()).hasMessageContaining("more than 1000");
        assertThat(asked.events()).filteredOn(ToolInputStart.class::isInstance).hasSizeLessThanOrEqualTo(1_000);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("endlessPieces")
    void piecesWithoutEndAreTooLong(Provider provider, String what, IntFunction<String> frame) throws Exception {
        Asked asked = endless(provider, 64, frame);

        assertThat(asked.failed().kind()).isEqualTo(Kind.TOO_LONG);
        assertThat(asked.failed()).hasMessageContaining("longer than");
    }

    private static Asked endless(Provider provider, int frames, IntFunction<String> frame) throws Exception {
        try (ScriptedProvider server = new ScriptedProvider(exchange -> {
            exchange.ok();
            for (int i = 0; i < frames; i++) {
                exchange.send(frame.apply(i));
            }
            exchange.silence();
        })) {
            Asked asked = Asked.ask(provider, server);
            server.clientClosed.get(5, TimeUnit.SECONDS);
            return asked;
        }
    }

    @ParameterizedTest
    @MethodSource("endlessCalls")
    void aThousandCallsAreFine(Provider provider, String what, IntFunction<String> frame) throws IOException {
        if (what.equals("calls")) {
            StringBuilder frames = new StringBuilder();
            for (int i = 0; i < 1_000; i++) {
                frames.append(frame.apply(i));
            }
            Asked asked =
                    Asked.play(provider, frames.toString() + Wires.of(provider).end());

            assertThat(asked.failure()).isNull();
            assertThat(asked.calls()).hasSize(1_000);
        }
    }
}
