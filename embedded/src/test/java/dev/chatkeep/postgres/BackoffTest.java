package dev.chatkeep.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private final Backoff backoff = new Backoff();

    @Test
    void beginsAtOnceAndDoublesToHalfAMinute() {
        assertThat(Stream.generate(backoff::next).limit(10).map(Duration::toMillis))
                .containsExactly(0L, 500L, 1_000L, 2_000L, 4_000L, 8_000L, 16_000L, 30_000L, 30_000L, 30_000L);
    }

    @Test
    void beginsAnewAfterAServerThatRanForAWhile() {
        Stream.generate(backoff::next).limit(5).forEach(pause -> {});
        backoff.ran(Duration.ofSeconds(10));
        assertThat(backoff.next()).isZero();
    }

    @Test
    void goesOnAfterAServerThatEndedSoon() {
        Stream.generate(backoff::next).limit(2).forEach(pause -> {});
        backoff.ran(Duration.ofSeconds(9));
        assertThat(backoff.next()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void isNoLongerThanTwoSecondsForAServerThatStartsAndEndsSoon() {
        Stream.generate(backoff::next).limit(8).forEach(pause -> {});
        backoff.ran(Duration.ofMillis(1));
        assertThat(backoff.next()).isEqualTo(Duration.ofSeconds(2));
    }
}
