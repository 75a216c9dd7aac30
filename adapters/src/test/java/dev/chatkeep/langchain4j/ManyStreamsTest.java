package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Asked.prompt;
import static dev.chatkeep.langchain4j.Asked.text;
import static dev.chatkeep.langchain4j.Asked.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.run.Cancellation;
import dev.chatkeep.run.GenerationException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ManyStreamsTest {

    private static final int STREAMS = 300;

    @Test
    void everyStreamSpeaksWhileAllAreOpenAndHoldsNoPlatformThread() throws Exception {
        Wires wires = Wires.of(Provider.OPENAI);
        CountDownLatch spoken = new CountDownLatch(STREAMS);
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger whole = new AtomicInteger();
        try (ScriptedProvider server = new ScriptedProvider(exchange -> {
            exchange.ok();
            exchange.send(wires.text());
            end.await();
            exchange.send(wires.end());
            exchange.end();
        })) {
            // The timeouts of the other tests are short on purpose; here the machine may be slow.
            LangChain4jGenerator model =
                    new LangChain4jGenerator(new ProviderSettings(Provider.OPENAI, server.url(), null, "a-model"));
            List<Thread> runs = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                runs.add(Thread.startVirtualThread(() -> {
                    CountDownLatch first = new CountDownLatch(1);
                    try {
                        model.generate(prompt(user(text("Hi"))), new Cancellation(), event -> {
                            if (first.getCount() > 0) {
                                first.countDown();
                                spoken.countDown();
                            }
                        });
                        whole.incrementAndGet();
                    } catch (GenerationException e) {
                        throw new IllegalStateException(e);
                    }
                }));
            }

            assertThat(spoken.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(server.connections).hasValue(STREAMS);
            assertThat(ManagementFactory.getThreadMXBean().getThreadCount()).isLessThan(40);
            end.countDown();
            for (Thread run : runs) {
                run.join();
            }
            assertThat(whole).hasValue(STREAMS);
        }
    }
}
