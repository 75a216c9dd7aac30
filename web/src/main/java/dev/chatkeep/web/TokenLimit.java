package dev.chatkeep.web;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.chatkeep.ChatkeepException.TooMany;
import dev.chatkeep.user.Hashes;
import dev.chatkeep.web.RateLimits.Caller;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/// Bounds what guessing tokens costs. A token that signed nobody in lately is counted against its address before it
/// is looked up, and taken off again when it is good. One that was good within a day is looked up whatever its
/// address has spent, so that whoever guesses keeps no one else at that address out.
final class TokenLimit {

    private static final String COUNTED = TokenLimit.class.getName();
    private static final String OPENED = COUNTED + ".opened";
    private static final Duration REMEMBERED = Duration.ofDays(1);
    private static final int REMEMBERED_TOKENS = 100_000;

    private final RateLimits.Counters counters;
    private final Cache<String, Boolean> good = Caffeine.newBuilder()
            .maximumSize(REMEMBERED_TOKENS)
            .expireAfterAccess(REMEMBERED)
            .build();

    TokenLimit(RateLimits.Counters counters) {
        this.counters = counters;
    }

    /// Looks up whose a token is.
    ///
    /// @throws TooMany when its address has spent its requests and the token is not one that was good
    Optional<CurrentUser> find(
            HttpServletRequest request, String token, Function<String, Optional<CurrentUser>> lookUp) {
        String hash = Hashes.sha256(token);
        if (good.getIfPresent(hash) != null) {
            Optional<CurrentUser> user = lookUp.apply(token);
            if (user.isEmpty()) {
                good.invalidate(hash);
            }
            return user;
        }
        Caller address = new Caller.Address(RateLimits.network(request.getRemoteAddr()));
        counters.count(address);
        Optional<CurrentUser> user = lookUp.apply(token);
        if (user.isPresent()) {
            counters.uncount(address);
            good.put(hash, true);
        } else {
            request.setAttribute(COUNTED, true);
        }
        return user;
    }

    /// Whether the request is counted against its address already.
    static boolean isCounted(HttpServletRequest request) {
        return request.getAttribute(COUNTED) != null;
    }

    /// Says that a request opened a session.
    static void opened(HttpServletRequest request, String token) {
        request.setAttribute(OPENED, token);
    }

    /// Takes the token of the session that the request opened for a good one.
    void remember(HttpServletRequest request) {
        if (request.getAttribute(OPENED) instanceof String token) {
            good.put(Hashes.sha256(token), true);
        }
    }
}
