package dev.chatkeep.postgres;

import java.time.Duration;

/// The pauses before attempts to start a server again: none, then 0.5 s, doubling to 30 s while it does not
/// start, and to 2 s while it starts and ends again soon. Not thread-safe.
final class Backoff {
    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration MAX = Duration.ofSeconds(30);

    private static final Duration MAX_AFTER_A_START = Duration.ofSeconds(2);

    /// After this time a server has proved to be in order.
    private static final Duration STEADY = Duration.ofSeconds(10);

    private Duration next = Duration.ZERO;

    Duration next() {
        Duration pause = next;
        next = min(pause.isZero() ? FIRST : pause.multipliedBy(2), MAX);
        return pause;
    }

    /// A server started and ran for this long: if it was long enough, the pauses begin anew.
    void ran(Duration time) {
        next = time.compareTo(STEADY) >= 0 ? Duration.ZERO : min(next, MAX_AFTER_A_START);
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
