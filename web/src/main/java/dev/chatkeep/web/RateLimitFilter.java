package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.TooMany;
import dev.chatkeep.web.RateLimits.Caller;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.filter.OncePerRequestFilter;

/// Refuses whoever asks too often: a signed-in user, an address that nobody is signed in for, an address that
/// signs in. A chat turn is let through as often again with its refusal, which the route makes true unless the turn
/// was asked before: who lost a connection reads the answer on.
final class RateLimitFilter extends OncePerRequestFilter {

    private static final Set<String> SIGN_IN = Set.of(ApiSecurity.SIGN_IN);
    private static final String TURN = "/api/chat";
    private static final String REFUSAL = RateLimitFilter.class.getName();
    private static final String HEALTH = "/api/health";

    private final RateLimits.Counters counters;

    RateLimitFilter(RateLimits limits) {
        this.counters = new RateLimits.Counters(limits);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try {
            if (!request.getRequestURI().startsWith(HEALTH)) {
                count(request);
            }
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
            if (!request.getRequestURI().equals(TURN) || !(caller instanceof Caller.User(UUID id))) {
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
        if (SIGN_IN.contains(request.getRequestURI())) {
            return new Caller.SignIn(RateLimits.network(request.getRemoteAddr()));
        }
        Authentication signedIn = SecurityContextHolder.getContext().getAuthentication();
        return signedIn != null && signedIn.getPrincipal() instanceof CurrentUser user
                ? new Caller.User(user.id())
                : new Caller.Address(RateLimits.network(request.getRemoteAddr()));
    }
}
