package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.TooMany;
import dev.chatkeep.web.RateLimits.Caller;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.web.filter.OncePerRequestFilter;

/// Counts who proves who they are, and who becomes a guest, by their address: before anything is looked up for
/// them, and whoever they are signed in as.
final class SignInLimitFilter extends OncePerRequestFilter {

    private final RateLimits.Counters counters;
    private final TokenLimit tokens;

    SignInLimitFilter(RateLimits.Counters counters, TokenLimit tokens) {
        this.counters = counters;
        this.tokens = tokens;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return !Routes.PROOF.matches(request);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String network = RateLimits.network(request.getRemoteAddr());
        try {
            counters.count(new Caller.SignIn(network));
            if (Routes.GUEST.matches(request)) {
                counters.count(new Caller.Guest(network));
            }
        } catch (TooMany refusal) {
            Problems.write(response, refusal);
            return;
        }
        chain.doFilter(request, response);
        tokens.remember(request);
    }
}
