package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Asked.ask;
import static dev.chatkeep.langchain4j.Asked.model;
import static dev.chatkeep.langchain4j.Asked.prompt;
import static dev.chatkeep.langchain4j.Asked.text;
import static dev.chatkeep.langchain4j.Asked.user;
import static dev.chatkeep.langchain4j.Provider.OPENAI;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chatkeep.run.Cancellation;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.GenerationException.Kind;
import java.io.IOException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// A call that fails before the answer begins.
class FailureTest {

    private static GenerationException failure(Provider provider, ScriptedProvider server) throws IOException {
        try (server) {
            Asked asked = ask(provider, server);
            assertThat(asked.events()).isEmpty();
            assertThat(asked.failure()).isNotNull();
            return asked.failure();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "400, REFUSED", "401, UNAUTHORIZED", "402, UNAUTHORIZED", "403, UNAUTHORIZED", "404, REFUSED", "408, TIMEOUT",
        "413, REFUSED", "422, REFUSED", "429, RATE_LIMITED", "500, UNAVAILABLE", "503, UNAVAILABLE", "529, UNAVAILABLE"
    })
    void aStatusIsAKind(String status, Kind kind) throws IOException {
        for (Provider provider : Provider.values()) {
            GenerationException failure = failure(
                    provider, ScriptedProvider.status(status + " No", "{\"error\":{\"message\":\"the reason why\"}}"));

            assertThat(failure.kind()).as(provider.name()).isEqualTo(kind);
            assertThat(failure).hasMessageContaining("HTTP " + status).hasMessageContaining("the reason why");
            assertThat(failure.retryAfter()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void retryAfterInSecondsIsPassedOn(Provider provider) throws IOException {
        GenerationException failure =
                failure(provider, ScriptedProvider.status("429 Too Many\r\nRetry-After: 17", "slow down"));

        assertThat(failure.retryAfter()).contains(Duration.ofSeconds(17));
    }

    @Test
    void retryAfterAsADateIsPassedOn() throws IOException {
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(60));
        GenerationException failure =
                failure(OPENAI, ScriptedProvider.status("503 Busy\r\nRetry-After: " + date, "busy"));

        assertThat(failure.retryAfter())
                .hasValueSatisfying(wait -> assertThat(wait).isBetween(Duration.ofSeconds(50), Duration.ofSeconds(60)));
    }

    @Test
    void aRetryAfterThatMakesNoSenseIsIgnored() throws IOException {
        assertThat(failure(OPENAI, ScriptedProvider.status("429 No\r\nRetry-After: soon", "no"))
                        .retryAfter())
                .isEmpty();
    }

    @Test
    void theKeyIsCutOutOfWhatTheProviderSays() throws IOException {
        assertThat(failure(OPENAI, ScriptedProvider.status("401 No", "Incorrect API key: " + Asked.KEY)))
                .hasMessageContaining("Incorrect API key: ***")
                .hasMessageNotContaining(Asked.KEY);
    }

    @Test
    void settingsDoNotShowTheKey() {
        assertThat(new ProviderSettings(OPENAI, null, Asked.KEY, "a-model").toString())
                .doesNotContain(Asked.KEY);
    }

    @Test
    void settingsThatCannotWorkAreRefusedAtOnce() {
        assertThatThrownBy(() -> new ProviderSettings(OPENAI, null, "sk-1\n", "a-model"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("sk-1");
        assertThatThrownBy(() -> new ProviderSettings(OPENAI, "localhost:8080/v1", null, "a-model"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ProviderSettings(Provider.ANTHROPIC, null, null, "a-model"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ProviderSettings(OPENAI, null, null, " "))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anErrorBodyIsReadOnlyInPart() throws Exception {
        try (ScriptedProvider server = new ScriptedProvider(exchange -> {
            exchange.raw("HTTP/1.1 500 No\r\nContent-Length: 100000000\r\n\r\n");
            for (int i = 0; i < 100; i++) {
                exchange.raw("x".repeat(1_000_000));
            }
        })) {
            Asked asked = ask(OPENAI, server);

            assertThat(asked.failure()).isNotNull();
            assertThat(asked.failure().getMessage()).hasSizeLessThan(600);
            server.clientClosed.get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void aRedirectIsNotFollowed() throws IOException {
        try (ScriptedProvider trap = ScriptedProvider.data()) {
            GenerationException failure =
                    failure(OPENAI, ScriptedProvider.status("307 There\r\nLocation: " + trap.url() + "/", ""));

            assertThat(failure.kind()).isEqualTo(Kind.REFUSED);
            assertThat(trap.connections).hasValue(0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anAnswerWithoutHeadersIsATimeout(Provider provider) throws Exception {
        ScriptedProvider server = new ScriptedProvider(ScriptedProvider.Exchange::silence);
        long start = System.nanoTime();
        assertThat(failure(provider, server).kind()).isEqualTo(Kind.TIMEOUT);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(2_900), Duration.ofSeconds(6));
        server.clientClosed.get(2, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource
    void aRefusedConnectionIsUnavailable(Provider provider) throws IOException {
        ScriptedProvider gone = ScriptedProvider.data();
        gone.close();
        assertThat(failure(provider, gone).kind()).isEqualTo(Kind.UNAVAILABLE);
    }

    @Test
    void aHostWithoutAddressIsUnavailable() {
        assertThatThrownBy(() -> model(OPENAI, "http://no-such-host.invalid")
                        .generate(prompt(user(text("Hi"))), new Cancellation(), event -> {}))
                .isInstanceOfSatisfying(
                        GenerationException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE));
    }

    @Test
    void aConnectionClosedUnansweredIsUnavailable() throws IOException {
        assertThat(failure(OPENAI, new ScriptedProvider(ScriptedProvider.Exchange::cut))
                        .kind())
                .isEqualTo(Kind.UNAVAILABLE);
    }

    @Test
    void aPromptWithNothingToSayIsRefused() throws IOException {
        try (ScriptedProvider server = ScriptedProvider.data()) {
            Asked asked = ask(OPENAI, server, prompt(user(text(" "))));

            assertThat(asked.failure()).isNotNull();
            assertThat(asked.failure().kind()).isEqualTo(Kind.REFUSED);
            assertThat(server.connections).hasValue(0);
        }
    }

    @Test
    void anInterruptedCallFailsAndKeepsTheInterrupt() throws Exception {
        try (ScriptedProvider server = new ScriptedProvider(ScriptedProvider.Exchange::silence)) {
            Thread.currentThread().interrupt();
            Asked asked = ask(OPENAI, server);

            assertThat(Thread.interrupted()).isTrue();
            assertThat(asked.failure()).isNotNull();
        }
    }
}
