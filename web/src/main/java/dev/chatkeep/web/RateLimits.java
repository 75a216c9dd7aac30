package dev.chatkeep.web;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.chatkeep.ChatkeepException.TooMany;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;

/// How often someone may ask: so many requests a minute, all at once if they like; and how many
/// answers they read at once. Counted on each node by itself and in memory; of whoever was not seen for minutes nothing
/// is remembered.
///
/// @param perUser requests a minute of a signed-in user; 0 means any number
/// @param perAddress requests a minute from a network address that nobody is signed in for; 0 means any number
/// @param signIns attempts a minute to sign in from a network address; 0 means any number
/// @param streams answers that a user reads at once; 0 means any number
public record RateLimits(int perUser, int perAddress, int signIns, int streams) {

    private static final Duration WINDOW = Duration.ofMinutes(1);

    /// Someone who asks.
    sealed interface Caller {
        record User(UUID id) implements Caller {}

        /// A user beyond their limit, who may ask for what was answered before.
        record Retry(UUID id) implements Caller {}

        record Address(String network) implements Caller {}

        record SignIn(String network) implements Caller {}
    }

    /// The counters of these limits.
    static final class Counters {

        private static final int REMEMBERED = 100_000;

        private final RateLimits limits;
        private final Cache<Caller, Bucket> buckets = Caffeine.newBuilder()
                .maximumSize(REMEMBERED)
                .expireAfterAccess(WINDOW.multipliedBy(2))
                .build();

        Counters(RateLimits limits) {
            this.limits = limits;
        }

        /// @throws TooMany when this is one request too many
        void count(Caller caller) {
            int limit = limits.of(caller);
            if (limit == 0) {
                return;
            }
            Bucket bucket = buckets.get(caller, unknown -> bucket(limit));
            ConsumptionProbe probe = bucket.tryConsumeAndReturnRemaining(1);
            if (!probe.isConsumed()) {
                throw new TooMany(
                        "rate_limited",
                        "Too many requests: " + limit + " a minute are allowed.",
                        Duration.ofNanos(probe.getNanosToWaitForRefill()));
            }
        }

        private static Bucket bucket(int limit) {
            return Bucket.builder()
                    .addLimit(rate -> rate.capacity(limit).refillGreedy(limit, WINDOW))
                    .build();
        }
    }

    private int of(Caller caller) {
        return switch (caller) {
            case Caller.User user -> perUser;
            case Caller.Retry user -> perUser;
            case Caller.Address address -> perAddress;
            case Caller.SignIn signIn -> signIns;
        };
    }

    /// What one subscriber has: an IPv4 address, or the first 64 bits of an IPv6 address.
    ///
    /// @param address a literal, as the container tells it; never a name
    static String network(String address) {
        InetAddress parsed = InetAddress.ofLiteral(address);
        return parsed instanceof Inet6Address v6
                ? HexFormat.of().formatHex(Arrays.copyOf(v6.getAddress(), 8)) + "/64"
                : parsed.getHostAddress();
    }
}
