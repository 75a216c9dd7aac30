package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Asked.model;
import static dev.chatkeep.langchain4j.Asked.prompt;
import static dev.chatkeep.langchain4j.Asked.text;
import static dev.chatkeep.langchain4j.Asked.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.chatkeep.run.Cancellation;
import dev.chatkeep.run.ModelEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What the sink throws ends the call, whichever event it throws at: it comes out as it is, and the provider is left.
class SinkTest {

    private static final String CALLS = """
            data: {"usage":{"prompt_tokens":1},"choices":[{"delta":{"reasoning":"hm"}}]}

            data: {"choices":[{"delta":{"content":"Hi","images":[{"url":"data:image/png;base64,AAAA"}],"tool_calls":[
            data: {"index":0,"id":"a","function":{"name":"w","arguments":"{}"}},{"index":1,"function":{"name":"t"}}]}}]}

            data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}]}

            """;

    private static final String BLOCKS = """
            data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"w","input":{}}}

            data: {"type":"message_delta","delta":{"stop_reason":"tool_use"}}

            data: {"type":"message_stop"}

            """;

    static Stream<Arguments> answers() {
        return Stream.of(
                Arguments.of(Provider.OPENAI, CALLS + "data: [DONE]\n\n"),
                Arguments.of(Provider.ANTHROPIC, BLOCKS),
                Arguments.of(
                        Provider.OLLAMA,
                        Wires.of(Provider.OLLAMA).text()
                                + Wires.of(Provider.OLLAMA).end()));
    }

    private static int events(Provider provider, String answer) throws Exception {
        int[] count = new int[1];
        try (ScriptedProvider server = ScriptedProvider.body("text/event-stream", answer)) {
            model(provider, server).generate(prompt(user(text("Hi"))), new Cancellation(), _ -> count[0]++);
        }
        return count[0];
    }

    @ParameterizedTest
    @MethodSource("answers")
    void atEachEventItComesOutAsItIsAndClosesTheConnection(Provider provider, String answer) throws Exception {
        int events = events(provider, answer);
        assertThat(events).isGreaterThan(2);
        for (int at = 1; at <= events; at++) {
            for (Supplier<Throwable> kind : Stream.<Supplier<Throwable>>of(
                            () -> new IllegalStateException("full"),
                            () -> new UncheckedIOException(new IOException("full")),
                            () -> new CancellationException("full"),
                            () -> new StackOverflowError("full"))
                    .toList()) {
                throwsAt(provider, answer, at, kind.get());
            }
        }
    }

    private static void throwsAt(Provider provider, String answer, int at, Throwable thrown) throws Exception {
        try (ScriptedProvider server = new ScriptedProvider(exchange -> {
            exchange.ok();
            exchange.send(answer);
            exchange.silence();
        })) {
            int[] heard = new int[1];
            Throwable caught = catchThrowable(() -> model(provider, server)
                    .generate(prompt(user(text("Hi"))), new Cancellation(), (ModelEvent _) -> {
                        if (++heard[0] == at) {
                            SinkTest.<RuntimeException>raise(thrown);
                        }
                    }));

            assertThat(caught).as("at %s", at).isSameAs(thrown);
            assertThat(heard[0]).as("nothing is said afterwards").isEqualTo(at);
            server.clientClosed.get(5, TimeUnit.SECONDS);
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void raise(Throwable thrown) throws T {
        throw (T) thrown;
    }
}
