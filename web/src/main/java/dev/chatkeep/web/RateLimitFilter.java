package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.TooMany;
import dev.chatkeep.web.RateLimits.Caller;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.filter.OncePerRequestFilter;

/// Refuses whoever asks too often: a signed-in user, or an address that nobody is signed in for. Signing in is
/// counted before, by [SignInLimitFilter]. A chat turn is let through as often again with its refusal, which the
/// route makes true unless the turn was asked before: who lost a connection reads the answer on.
final class RateLimitFilter extends OncePerRequestFilter {

    private static final String REFUSAL = RateLimitFilter.class.getName();

    private final RateLimits.Counters counters;

    RateLimitFilter(RateLimits.Counters counters) {
        this.counters = counters;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return TokenLimit.isCounted(request) || Routes.SIGN_IN.matches(request) || Routes.HEALTH.matches(request);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try {
            count(request);
        } catch (TooMany refusal) {
            Problems.write(response, refusal);
            return;
        }
        chain.doFilter(request, response);
    }

    private void count(HttpServletRequest request) {
        Caller caller = caller(request);
        try {
            counters.count(caller);
        } catch (TooMany refusal) {
            if (!(caller instanceof Caller.User(var id)) || !Routes.TURN.matches(request)) {
                throw refusal;
            }
            counters.count(new Caller.Retry(id));
            request.setAttribute(REFUSAL, refusal);
        }
    }

    /// Why a turn that was never asked before is refused, if it is.
    static Optional<TooMany> refusal(HttpServletRequest request) {
        return Optional.ofNullable((TooMany) request.getAttribute(REFUSAL));
    }

    private static Caller caller(HttpServletRequest request) {
        Authentication signedIn = SecurityContextHolder.getContext().getAuthentication();
        return signedIn != null && signedIn.getPrincipal() instanceof CurrentUser user
                ? new Caller.User(user.id())
                : new Caller.Address(RateLimits.network(request.getRemoteAddr()));
    }
}
