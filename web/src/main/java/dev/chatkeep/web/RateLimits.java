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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How often someone may ask: so many requests a minute, all at once if they like; how many guests an address may
/// make in a day; and how many answers someone reads at once. Counted on each node by itself and in memory. Whoever
/// was not seen for two windows has a full budget again, so nothing is remembered of them.
///
/// @param perUser requests a minute of a signed-in user; 0 means any number
/// @param perAddress requests a minute from a network address that nobody is signed in for; 0 means any number
/// @param signIns attempts a minute to sign in from a network address; 0 means any number
/// @param streams answers that a user reads at once; 0 means any number
/// @param guests new guests a day from a network address; 0 means any number
public record RateLimits(int perUser, int perAddress, int signIns, int streams, int guests) {

    private static final Pattern WITH_PORT = Pattern.compile("\\[([^\\]]+)\\](?::\\d+)?|([^:]+):\\d+");
    private static final int MAX_WORD = 64;

    /// Someone who asks.
    sealed interface Caller {
        record User(UUID id) implements Caller {}

        /// A user beyond their limit, who may ask for what was answered before.
        record Retry(UUID id) implements Caller {}

        record Address(String network) implements Caller {}

        record SignIn(String network) implements Caller {}

        record Guest(String network) implements Caller {}
    }

    /// @param most how much is allowed in each window
    private record Limit(int most, Window window) {}

    private enum Window {
        MINUTE(Duration.ofMinutes(1), "rate_limited", "Too many requests: %d a minute are allowed."),
        DAY(Duration.ofDays(1), "too_many_guests", "Too many new guests from this address: %d a day are allowed.");

        private final Duration length;
        private final String code;
        private final String message;

        Window(Duration length, String code, String message) {
            this.length = length;
            this.code = code;
            this.message = message;
        }
    }

    /// The counters of these limits.
    static final class Counters {

        private static final int REMEMBERED = 100_000;

        private final RateLimits limits;
        private final Cache<Caller, Bucket> minutes = buckets(Window.MINUTE);
        private final Cache<Caller, Bucket> days = buckets(Window.DAY);

        Counters(RateLimits limits) {
            this.limits = limits;
        }

        private static Cache<Caller, Bucket> buckets(Window window) {
            return Caffeine.newBuilder()
                    .maximumSize(REMEMBERED)
                    .expireAfterAccess(window.length.multipliedBy(2))
                    .build();
        }

        /// @throws TooMany when this is one request too many
        void count(Caller caller) {
            Limit limit = limits.of(caller);
            if (limit.most == 0) {
                return;
            }
            ConsumptionProbe probe = bucket(caller, limit).tryConsumeAndReturnRemaining(1);
            if (!probe.isConsumed()) {
                throw new TooMany(
                        limit.window.code,
                        limit.window.message.formatted(limit.most),
                        Duration.ofNanos(probe.getNanosToWaitForRefill()));
            }
        }

        /// Takes back what was counted last.
        void uncount(Caller caller) {
            Limit limit = limits.of(caller);
            if (limit.most > 0) {
                bucket(caller, limit).addTokens(1);
            }
        }

        private Bucket bucket(Caller caller, Limit limit) {
            Cache<Caller, Bucket> buckets = limit.window == Window.DAY ? days : minutes;
            return buckets.get(
                    caller,
                    unknown -> Bucket.builder()
                            .addLimit(rate -> rate.capacity(limit.most).refillGreedy(limit.most, limit.window.length))
                            .build());
        }
    }

    private Limit of(Caller caller) {
        return switch (caller) {
            case Caller.User user -> new Limit(perUser, Window.MINUTE);
            case Caller.Retry user -> new Limit(perUser, Window.MINUTE);
            case Caller.Address address -> new Limit(perAddress, Window.MINUTE);
            case Caller.SignIn signIn -> new Limit(signIns, Window.MINUTE);
            case Caller.Guest guest -> new Limit(guests, Window.DAY);
        };
    }

    /// What one subscriber has: an IPv4 address, or the first 64 bits of an IPv6 address. Some proxies write a port
    /// behind the address, or a word such as `unknown`, which stands for itself.
    ///
    /// @param address as the connection or a proxy tells it; a name is not looked up
    static String network(String address) {
        Matcher withPort = WITH_PORT.matcher(address);
        String literal =
                !withPort.matches() ? address : withPort.group(1) == null ? withPort.group(2) : withPort.group(1);
        try {
            return network(InetAddress.ofLiteral(literal));
        } catch (IllegalArgumentException word) {
            return address.substring(0, Math.min(address.length(), MAX_WORD));
        }
    }

    /// The same, of the address of a connection.
    public static String network(InetAddress address) {
        return address instanceof Inet6Address v6
                ? HexFormat.of().formatHex(Arrays.copyOf(v6.getAddress(), 8)) + "/64"
                : address.getHostAddress();
    }
}
