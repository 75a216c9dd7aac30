package dev.chatkeep.deadline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoopTest {

    private static final Duration LONG = Duration.ofMinutes(10);

    @Test
    void goesOnWhateverAStepThrows() {
        AtomicInteger steps = new AtomicInteger();
        try (Loop _ = Loop.start("test", Duration.ZERO, () -> {
            return switch (steps.incrementAndGet()) {
                case 1 -> throw new OutOfMemoryError("as if");
                case 2 -> throw new StackOverflowError();
                case 3 -> throw new IllegalStateException("x");
                default -> Duration.ofMillis(1);
            };
        })) {
            await().atMost(Duration.ofSeconds(20)).until(() -> steps.get() > 5);
        }
    }

    @Test
    void isWokenFromItsRestAndEndsAtOnce() {
        AtomicInteger steps = new AtomicInteger();
        long begun = System.nanoTime();
        try (Loop loop = Loop.start("test", LONG, () -> {
            steps.incrementAndGet();
            return LONG;
        })) {
            loop.wake();
            await().until(() -> steps.get() >= 1);
            loop.wake();
            await().until(() -> steps.get() >= 2);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(LONG);
    }

    @Test
    void waitsForTheStepThatIsUnderWay() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger ended = new AtomicInteger();
        Loop loop = Loop.start("test", Duration.ZERO, () -> {
            begun.countDown();
            goOn.await();
            ended.incrementAndGet();
            return LONG;
        });
        begun.await();
        Thread.ofVirtual().start(goOn::countDown);

        loop.close();

        assertThat(ended).hasValue(1);
    }
}
