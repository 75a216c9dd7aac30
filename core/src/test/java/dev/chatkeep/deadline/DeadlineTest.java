package dev.chatkeep.deadline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DeadlineTest {

    /// Until one has passed that comes after whatever a test set.
    private static void awaitSeveralLooks() {
        CountDownLatch later = new CountDownLatch(1);
        try (Deadline _ = Deadline.in(Duration.ofMillis(400), later::countDown)) {
            await().until(() -> later.getCount() == 0);
        }
    }

    @Test
    void passesOnceAndNotBeforeItsTime() {
        AtomicInteger passed = new AtomicInteger();
        AtomicLong at = new AtomicLong();
        long from = System.nanoTime();
        try (Deadline _ = Deadline.in(Duration.ofMillis(50), () -> {
            at.set(System.nanoTime());
            passed.incrementAndGet();
        })) {
            await().until(() -> passed.get() == 1);
            awaitSeveralLooks();
        }
        assertThat(passed).hasValue(1);
        assertThat(at.get() - from).isGreaterThanOrEqualTo(Duration.ofMillis(50).toNanos());
    }

    @Test
    void doesNotPassWhenTheWaitHasEnded() {
        AtomicInteger passed = new AtomicInteger();
        Deadline.in(Duration.ofMillis(150), passed::incrementAndGet).close();
        awaitSeveralLooks();
        assertThat(passed).hasValue(0);
    }

    @Test
    void thatFailsHoldsUpNoOther() {
        AtomicInteger passed = new AtomicInteger();
        try (Deadline _ = Deadline.in(Duration.ZERO, () -> {
                    throw new IllegalStateException("a test's own");
                });
                Deadline _ = Deadline.in(Duration.ofMillis(200), passed::incrementAndGet)) {
            await().until(() -> passed.get() == 1);
        }
    }
}
