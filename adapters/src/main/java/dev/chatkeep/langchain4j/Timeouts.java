package dev.chatkeep.langchain4j;

import java.time.Duration;

/// How long a provider may be silent. There is no limit on a whole answer: one that goes on may go on.
///
/// @param connect   until the connection stands
/// @param firstByte from the request until the first byte of the answer, its headers included
/// @param idle      between two bytes of the answer; a provider's keep-alive comment is a byte too
public record Timeouts(Duration connect, Duration firstByte, Duration idle) {

    public static final Timeouts DEFAULT =
            new Timeouts(Duration.ofSeconds(10), Duration.ofSeconds(120), Duration.ofSeconds(60));

    public Timeouts {
        if (!connect.isPositive() || !firstByte.isPositive() || !idle.isPositive()) {
            throw new IllegalArgumentException("A timeout must be longer than nothing.");
        }
    }
}
