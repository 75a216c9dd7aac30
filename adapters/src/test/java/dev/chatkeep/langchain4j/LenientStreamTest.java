package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Asked.ask;
import static dev.chatkeep.langchain4j.Asked.play;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException.Kind;
import dev.chatkeep.run.ModelEvent.TextDelta;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Streams that are not quite as their protocol wants them, of every provider: each is whole, and heard to its end.
class LenientStreamTest {

    private static final String MARK = "\uFEFF";

    private static String whole(Provider provider) {
        Wires wires = Wires.of(provider);
        return wires.open() + wires.text() + wires.end();
    }

    private static void saysHello(Asked asked) {
        assertThat(asked.failure()).isNull();
        assertThat(asked.text()).isEqualTo("Hello");
        assertThat(asked.finish().reason()).isEqualTo(FinishReason.STOP);
    }

    @ParameterizedTest
    @EnumSource
    void behindAByteOrderMark(Provider provider) throws IOException {
        saysHello(play(provider, MARK + whole(provider)));
    }

    @ParameterizedTest
    @EnumSource
    void withCarriageReturnsAsLineEnds(Provider provider) throws IOException {
        saysHello(play(provider, whole(provider).replace('\n', '\r')));
    }

    @ParameterizedTest
    @EnumSource
    void withoutAnyEventName(Provider provider) throws IOException {
        saysHello(play(provider, MARK + whole(provider).replaceAll("event: .*\n", "")));
    }

    @ParameterizedTest
    @EnumSource
    void withoutEmptyLinesBetweenEvents(Provider provider) throws IOException {
        saysHello(play(provider, whole(provider).replace("\n\n", "\n")));
    }

    @ParameterizedTest
    @EnumSource
    void withTheEndMarkerOfOpenAi(Provider provider) throws IOException {
        saysHello(play(provider, whole(provider).replace("data: [DONE]\n\n", "") + "data:  [DONE]  \n\n"));
    }

    @ParameterizedTest
    @EnumSource
    void withKeepAlivesOfEveryForm(Provider provider) throws IOException {
        String keepAlives = provider == Provider.OLLAMA
                ? "\n \n"
                : ": OPENROUTER PROCESSING\n\ndata:\n\ndata: null\n\nevent: ping\ndata: {\"at\":1}\n\ndata: ping\n\ndata: {}\n\n";
        Wires wires = Wires.of(provider);
        saysHello(play(provider, keepAlives + wires.open() + keepAlives + wires.text() + keepAlives + wires.end()));
    }

    @ParameterizedTest
    @EnumSource
    void asLinesOfJson(Provider provider) throws IOException {
        saysHello(play(provider, whole(provider).replace("data: ", "").replaceAll("event: .*\n", "")));
    }

    @ParameterizedTest
    @EnumSource
    void asEventsOfJson(Provider provider) throws IOException {
        saysHello(play(provider, "text/event-stream", whole(provider).replaceAll("(?m)^\\{", "data: {")));
    }

    @ParameterizedTest
    @EnumSource
    void thatAreCutBehindTheirEnd(Provider provider) throws IOException {
        String begun = provider == Provider.OLLAMA ? "{\"model\":\"" : "data: {\"usage\":{\"prompt_tok";
        saysHello(play(provider, whole(provider).replace("data: [DONE]\n\n", "") + begun));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[DONE]", " [DONE]", "  [DONE]  ", "\"[DONE]\"", "[done]", "\t[DONE]"})
    void theEndMarkerMayHaveBlanksAroundIt(String marker) throws IOException {
        Wires wires = Wires.of(Provider.OPENAI);
        String reason = wires.end().replace("data: [DONE]\n\n", "");
        // What comes behind the marker is not read any more.
        saysHello(play(Provider.OPENAI, wires.text() + reason + "data:" + marker + "\n\ndata: {broken\n\n"));
    }

    @ParameterizedTest
    @EnumSource
    void anErrorBehindAByteOrderMarkIsAnError(Provider provider) throws IOException {
        Asked asked = play(provider, MARK + Wires.of(provider).error());

        assertThat(asked.events()).isEmpty();
        assertThat(asked.failed().kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(asked.failed()).hasMessageContaining("overloaded");
    }

    @ParameterizedTest
    @EnumSource
    void anErrorInTheMiddleMayComeAsBareJsonOfSeveralLines(Provider provider) throws IOException {
        Wires wires = Wires.of(provider);
        String error = "{\n  \"error\": {\n    \"code\": 429,\n    \"message\": \"slow down\"\n  }\n}\n";
        Asked asked = play(
                provider, wires.open() + wires.text() + error.replace("\n", provider == Provider.OLLAMA ? "" : "\n"));

        assertThat(asked.events()).containsExactly(new TextDelta("Hello"));
        assertThat(asked.failed().kind()).isEqualTo(Kind.RATE_LIMITED);
    }

    @ParameterizedTest
    @EnumSource
    void wordsThatAGatewayAddsBeforeItClosesExplainTheEnd(Provider provider) throws IOException {
        Wires wires = Wires.of(provider);
        Asked asked = play(provider, wires.open() + wires.text() + "upstream error: read ECONNRESET\n");

        assertThat(asked.events()).containsExactly(new TextDelta("Hello"));
        assertThat(asked.failed()).hasMessageContaining("read ECONNRESET");
    }

    @ParameterizedTest
    @EnumSource
    void aPageInsteadOfAnAnswerIsAFailureThatQuotesIt(Provider provider) throws IOException {
        Asked asked = play(provider, "text/html", "<!DOCTYPE html>\n<html><title>Sign in</title></html>\n");

        assertThat(asked.failed().kind()).isEqualTo(Kind.BROKEN);
        assertThat(asked.failed()).hasMessageContaining("<title>Sign in</title>");
    }

    /// A server that keeps the connection alive and never says its end marker must not hold a whole answer for ever.
    @Timeout(20)
    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC", "GEMINI"})
    void keepAlivesWithoutEndDoNotHoldAWholeAnswer(Provider provider) throws IOException {
        String end = Wires.of(provider)
                .end()
                .replace("data: [DONE]\n\n", "")
                .replace("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", "");
        try (ScriptedProvider server = new ScriptedProvider(exchange -> {
            exchange.ok();
            exchange.send(Wires.of(provider).open() + Wires.of(provider).text() + end);
            while (!exchange.isClosedWithin(Duration.ofMillis(100))) {
                exchange.send("event: ping\ndata: {\"type\":\"ping\"}\n\n: alive\n\n");
            }
        })) {
            saysHello(ask(provider, server));
        }
    }

    /// Some servers say "stop" with each piece.
    @Test
    void whatComesBehindAReasonToStopIsHeard() throws IOException {
        String piece = "data: {\"choices\":[{\"delta\":{\"content\":\"%s\"},\"finish_reason\":\"stop\"}]}\n\n";
        saysHello(play(Provider.OPENAI, piece.formatted("Hel") + piece.formatted("lo") + "data: [DONE]\n\n"));
    }

    @Test
    void framesWithoutATypeAreReadByTheirEventsNames() throws IOException {
        saysHello(play(
                Provider.ANTHROPIC,
                whole(Provider.ANTHROPIC).replaceAll("\"type\":\"(message|content_block)_[a-z]+\",?", "")));
    }
}
