package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.TooMany;
import dev.chatkeep.web.RateLimits.Caller;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.filter.OncePerRequestFilter;

/// Refuses whoever asks too often: a signed-in user, an address that nobody is signed in for, an address that
/// signs in.
final class RateLimitFilter extends OncePerRequestFilter {

    private static final Set<String> SIGN_IN = Set.of(ApiSecurity.SIGN_IN);
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
                counters.count(caller(request));
            }
        } catch (TooMany refusal) {
            Problems.write(response, refusal);
            return;
        }
        chain.doFilter(request, response);
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
