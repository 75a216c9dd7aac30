package dev.chatkeep.postgres;

import java.time.Duration;

/// The pauses before attempts to start a server again: none, then 0.5 s, doubling to 30 s. Not thread-safe.
final class Backoff {
    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration MAX = Duration.ofSeconds(30);

    /// After this time a server has proved to be in order.
    private static final Duration STEADY = Duration.ofSeconds(10);

    private Duration next = Duration.ZERO;

    Duration next() {
        Duration pause = next;
        Duration doubled = pause.isZero() ? FIRST : pause.multipliedBy(2);
        next = doubled.compareTo(MAX) < 0 ? doubled : MAX;
        return pause;
    }

    /// A server ran for this long: if it was long enough, the pauses begin anew.
    void ran(Duration time) {
        if (time.compareTo(STEADY) >= 0) {
            next = Duration.ZERO;
        }
    }
}
