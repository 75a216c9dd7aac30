package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Asked.ask;
import static dev.chatkeep.langchain4j.Asked.model;
import static dev.chatkeep.langchain4j.Asked.prompt;
import static dev.chatkeep.langchain4j.Asked.text;
import static dev.chatkeep.langchain4j.Asked.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chatkeep.run.Cancellation;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException.Kind;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.ModelEvent.Finish;
import dev.chatkeep.run.ModelEvent.TextDelta;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// How a stream begins, goes on and ends, for every provider.
class StreamTest {

    private static ScriptedProvider playing(ScriptedProvider.Script afterHeaders) {
        return new ScriptedProvider(exchange -> {
            exchange.ok();
            afterHeaders.play(exchange);
        });
    }

    @Nested
    class Ending {

        @ParameterizedTest
        @EnumSource
        void aWholeAnswerFinishesOnce(Provider provider) throws IOException {
            Wires wires = Wires.of(provider);
            try (ScriptedProvider server = playing(exchange -> {
                exchange.send(wires.open() + wires.text() + wires.end());
                exchange.end();
            })) {
                Asked asked = ask(provider, server);

                assertThat(asked.failure()).isNull();
                assertThat(asked.events()).first().isEqualTo(new TextDelta("Hello"));
                assertThat(asked.events().getLast())
                        .isInstanceOfSatisfying(
                                Finish.class, end -> assertThat(end.reason()).isEqualTo(FinishReason.STOP));
                assertThat(asked.events()).filteredOn(Finish.class::isInstance).hasSize(1);
            }
        }

        @ParameterizedTest
        @EnumSource
        void aStreamThatEndsWellButWithoutItsEndMarkerIsBroken(Provider provider) throws IOException {
            Wires wires = Wires.of(provider);
            brokenAfterText(provider, Kind.BROKEN, playing(exchange -> {
                exchange.send(wires.open() + wires.text());
                exchange.end();
            }));
        }

        @ParameterizedTest
        @EnumSource
        void aConnectionCutInTheMiddleIsBroken(Provider provider) throws IOException {
            Wires wires = Wires.of(provider);
            brokenAfterText(provider, Kind.BROKEN, playing(exchange -> {
                exchange.send(wires.open() + wires.text());
                Thread.sleep(50);
                exchange.cut();
            }));
        }

        @ParameterizedTest
        @EnumSource
        void aFrameThatIsNoJsonIsBrokenWhateverFollows(Provider provider) throws IOException {
            Wires wires = Wires.of(provider);
            brokenAfterText(provider, Kind.BROKEN, playing(exchange -> {
                exchange.send(wires.open() + wires.text() + wires.garbage() + wires.end());
                exchange.end();
            }));
        }

        @ParameterizedTest
        @EnumSource
        void anErrorFrameInTheMiddleIsAFailureWhateverFollows(Provider provider) throws IOException {
            Wires wires = Wires.of(provider);
            brokenAfterText(provider, Kind.UNAVAILABLE, playing(exchange -> {
                exchange.send(wires.open() + wires.text() + wires.error() + wires.end());
                exchange.end();
            }));
        }

        @ParameterizedTest
        @EnumSource
        void silenceInTheMiddleIsATimeoutAndClosesTheConnection(Provider provider) throws Exception {
            Wires wires = Wires.of(provider);
            try (ScriptedProvider server = playing(exchange -> {
                exchange.send(wires.open() + wires.text());
                exchange.silence();
            })) {
                long start = System.nanoTime();
                brokenAfterText(provider, Kind.TIMEOUT, server);

                assertThat(Duration.ofNanos(System.nanoTime() - start))
                        .isBetween(Duration.ofMillis(2_900), Duration.ofSeconds(6));
                server.clientClosed.get(2, TimeUnit.SECONDS);
            }
        }

        @Test
        void aSlowStreamThatIsNeverIdleOutlastsEveryTimeout() throws IOException {
            Wires wires = Wires.of(Provider.OPENAI);
            try (ScriptedProvider server = playing(exchange -> {
                for (int i = 0; i < 8; i++) {
                    exchange.send(wires.text());
                    Thread.sleep(300);
                }
                exchange.send(wires.end());
                exchange.end();
            })) {
                assertThat(ask(Provider.OPENAI, server).failure()).isNull();
            }
        }

        @Test
        void aConnectionThatStaysOpenAfterTheEndDoesNotHoldTheAnswer() throws IOException {
            Wires wires = Wires.of(Provider.OPENAI);
            try (ScriptedProvider server = playing(exchange -> {
                exchange.send(wires.text() + wires.end());
                exchange.silence();
            })) {
                long start = System.nanoTime();
                assertThat(ask(Provider.OPENAI, server).failure()).isNull();
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(900));
            }
        }

        @Test
        void aConnectionServesTheNextCallToo() throws IOException {
            Wires wires = Wires.of(Provider.OPENAI);
            try (ScriptedProvider server = playing(exchange -> {
                exchange.send(wires.text() + wires.end());
                Thread.sleep(50);
                exchange.end();
            })) {
                ask(Provider.OPENAI, server);
                ask(Provider.OPENAI, server);

                assertThat(server.requests).hasSize(2);
                assertThat(server.connections).hasValue(1);
            }
        }

        @Test
        void aFrameWithoutEndIsRefusedBeforeItFillsTheMemory() throws Exception {
            String mebibyte = "x".repeat(1 << 20);
            try (ScriptedProvider server = playing(exchange -> {
                exchange.send("data: ");
                for (int i = 0; i < 64; i++) {
                    exchange.send(mebibyte);
                }
                exchange.silence();
            })) {
                Asked asked = ask(Provider.OPENAI, server);

                assertThat(asked.failure()).isNotNull().hasMessageContaining("longer than");
                assertThat(asked.failure().kind()).isEqualTo(Kind.BROKEN);
                // A server stuck in a write learns it when the JDK's selector next wakes, every three seconds.
                server.clientClosed.get(5, TimeUnit.SECONDS);
            }
        }

        @Test
        void framesMaySplitAnywhereEvenInsideACharacter() throws IOException {
            String frames = Wires.of(Provider.OPENAI)
                            .text()
                            .replace("Hello", "Grüße 👋")
                            .replace("\n", "\r\n")
                    + ": a comment\r\n\r\n"
                    + Wires.of(Provider.OPENAI).end();
            try (ScriptedProvider server = new ScriptedProvider(exchange -> {
                exchange.raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
                for (byte b : frames.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
                    exchange.raw(b);
                }
                exchange.cut();
            })) {
                assertThat(ask(Provider.OPENAI, server).events()).startsWith(new TextDelta("Grüße 👋"));
            }
        }

        private static void brokenAfterText(Provider provider, Kind kind, ScriptedProvider server) throws IOException {
            try (server) {
                Asked asked = ask(provider, server);

                assertThat(asked.events()).containsExactly(new TextDelta("Hello"));
                assertThat(asked.failure()).isNotNull();
                assertThat(asked.failure().kind()).isEqualTo(kind);
            }
        }
    }

    @Nested
    class Cancelling {

        @ParameterizedTest
        @EnumSource
        void beforeTheHeadersItClosesTheConnectionAndReturns(Provider provider) throws Exception {
            try (ScriptedProvider server = new ScriptedProvider(ScriptedProvider.Exchange::silence)) {
                closesAtOnce(provider, server, server.requested::get);
            }
        }

        @ParameterizedTest
        @EnumSource
        void betweenTheHeadersAndTheFirstEventItClosesTheConnectionAndReturns(Provider provider) throws Exception {
            try (ScriptedProvider server = playing(ScriptedProvider.Exchange::silence)) {
                closesAtOnce(provider, server, () -> {
                    server.requested.get();
                    Thread.sleep(100);
                });
            }
        }

        @ParameterizedTest
        @EnumSource
        void inTheMiddleItClosesTheConnectionAndReturns(Provider provider) throws Exception {
            Wires wires = Wires.of(provider);
            CountDownLatch told = new CountDownLatch(1);
            try (ScriptedProvider server = playing(exchange -> {
                exchange.send(wires.open() + wires.text());
                told.countDown();
                exchange.silence();
            })) {
                List<ModelEvent> events = closesAtOnce(provider, server, () -> {
                    told.await();
                    Thread.sleep(100);
                });
                assertThat(events).containsExactly(new TextDelta("Hello"));
            }
        }

        @Test
        void beforeTheCallNothingIsSent() throws Exception {
            try (ScriptedProvider server = ScriptedProvider.data()) {
                Cancellation cancellation = new Cancellation();
                cancellation.cancel();
                model(Provider.OPENAI, server).generate(prompt(user(text("Hi"))), cancellation, event -> {});

                assertThat(server.connections).hasValue(0);
            }
        }

        @Test
        void fromWithinTheSinkNothingMoreIsSaid() throws Exception {
            Wires wires = Wires.of(Provider.OPENAI);
            try (ScriptedProvider server = playing(exchange -> {
                exchange.send(wires.text() + wires.text() + wires.end());
                exchange.end();
            })) {
                Cancellation cancellation = new Cancellation();
                List<ModelEvent> events = new CopyOnWriteArrayList<>();
                model(Provider.OPENAI, server).generate(prompt(user(text("Hi"))), cancellation, event -> {
                    events.add(event);
                    cancellation.cancel();
                });

                assertThat(events).containsExactly(new TextDelta("Hello"));
            }
        }

        private interface Moment {
            void await() throws Exception;
        }

        private static List<ModelEvent> closesAtOnce(Provider provider, ScriptedProvider server, Moment moment)
                throws Exception {
            List<ModelEvent> events = new CopyOnWriteArrayList<>();
            Cancellation cancellation = new Cancellation();
            AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
            Thread run = Thread.startVirtualThread(() -> {
                try {
                    model(provider, server).generate(prompt(user(text("Hi"))), cancellation, event -> {
                        if (!(event instanceof ModelEvent.UsageSoFar)) {
                            events.add(event);
                        }
                    });
                } catch (Exception e) {
                    thrown.set(e);
                }
            });
            moment.await();
            long cancelled = System.nanoTime();
            cancellation.cancel();

            assertThat(run.join(Duration.ofSeconds(2))).isTrue();
            assertThat(thrown.get()).isNull();
            assertThat(events).noneMatch(Finish.class::isInstance);
            long closed = server.clientClosed.get(2, TimeUnit.SECONDS);
            assertThat(Duration.ofNanos(closed - cancelled)).isLessThan(Duration.ofMillis(500));
            return events;
        }
    }

    @Test
    void anExceptionOfTheSinkGoesToTheCallerAndClosesTheConnection() throws Exception {
        Wires wires = Wires.of(Provider.OPENAI);
        try (ScriptedProvider server = playing(exchange -> {
            exchange.send(wires.text());
            exchange.silence();
        })) {
            assertThatThrownBy(() -> model(Provider.OPENAI, server)
                            .generate(prompt(user(text("Hi"))), new Cancellation(), event -> {
                                throw new IllegalStateException("the sink is full");
                            }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the sink is full");
            server.clientClosed.get(1, TimeUnit.SECONDS);
        }
    }

    @Test
    void eventsComeOnTheCallersThread() throws Exception {
        Wires wires = Wires.of(Provider.OPENAI);
        try (ScriptedProvider server = playing(exchange -> {
            exchange.send(wires.text() + wires.end());
            exchange.end();
        })) {
            List<Thread> threads = new CopyOnWriteArrayList<>();
            model(Provider.OPENAI, server)
                    .generate(
                            prompt(user(text("Hi"))), new Cancellation(), event -> threads.add(Thread.currentThread()));

            assertThat(threads).hasSize(2).containsOnly(Thread.currentThread());
        }
    }
}
