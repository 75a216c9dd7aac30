package dev.chatkeep.x402;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// What the facilitator takes, asked for in the background and remembered: nobody waits for it. While it was never
/// told, everything that needs nothing more said is taken to be supported.
final class SupportedKinds {

    private static final long FRESH = Duration.ofMinutes(10).toNanos();
    private static final long BACK_OFF = Duration.ofSeconds(30).toNanos();

    private final Supplier<Optional<JsonNode>> ask;
    private final LongSupplier nanos;
    private final AtomicBoolean asking = new AtomicBoolean();
    private volatile @Nullable JsonNode known;
    private volatile long askAgain;

    /// @param nanos a monotonic clock
    SupportedKinds(Supplier<Optional<JsonNode>> ask, LongSupplier nanos) {
        this.ask = ask;
        this.nanos = nanos;
        this.askAgain = nanos.getAsLong();
    }

    /// What must be said with a payment on this network; empty when it cannot be paid there.
    Optional<Map<String, JsonNode>> extra(PaymentNetwork network, int version) {
        refresh();
        JsonNode kinds = known;
        if (kinds == null) {
            return network.isEvm() ? Optional.of(Map.of()) : Optional.empty();
        }
        String name = version == 1 ? network.nameInV1() : network.id();
        for (JsonNode kind : kinds.path("kinds")) {
            if (kind.path("x402Version").asInt(0) == version
                    && kind.path("scheme").asString("").equals("exact")
                    && kind.path("network").asString("").equals(name)) {
                var extra = new HashMap<String, JsonNode>();
                kind.path("extra").properties().forEach(field -> extra.put(field.getKey(), field.getValue()));
                return network.isEvm() || extra.containsKey("feePayer") ? Optional.of(extra) : Optional.empty();
            }
        }
        return Optional.empty();
    }

    private void refresh() {
        if (nanos.getAsLong() - askAgain >= 0 && asking.compareAndSet(false, true)) {
            Thread.ofVirtual().name("x402-supported").start(() -> {
                try {
                    Optional<JsonNode> answer = ask.get();
                    answer.ifPresent(kinds -> known = kinds);
                    askAgain = nanos.getAsLong() + (answer.isPresent() ? FRESH : BACK_OFF);
                } finally {
                    asking.set(false);
                }
            });
        }
    }
}
