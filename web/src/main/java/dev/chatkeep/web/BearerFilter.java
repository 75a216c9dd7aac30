package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.ChatkeepException.Forbidden;
import dev.chatkeep.token.Issuers;
import dev.chatkeep.user.SessionToken;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.springframework.http.HttpHeaders;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextImpl;
import org.springframework.web.filter.OncePerRequestFilter;

/// Signs a request in by the token it carries as `Authorization: Bearer`, one of a session or of an issuer, or
/// by a session's in a cookie. One without, or with a token that is unknown or over, goes on as nobody's.
final class BearerFilter extends OncePerRequestFilter {

    private static final String SCHEME = "Bearer ";

    private final Chatkeep chatkeep;
    private final Issuers issuers;
    private final SessionCookie cookie;
    private final TokenLimit limit;

    BearerFilter(Chatkeep chatkeep, Issuers issuers, SessionCookie cookie, TokenLimit limit) {
        this.chatkeep = chatkeep;
        this.issuers = issuers;
        this.cookie = cookie;
        this.limit = limit;
    }

    /// Probes need no session, so a token they bring is not worth a look-up.
    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return Routes.HEALTH.matches(request);
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Optional<CurrentUser> user;
        try {
            user = user(request, response);
        } catch (RuntimeException refused) {
            Problems.write(request, response, refused);
            return;
        }
        user.ifPresent(_ -> RequestClock.of(request).signedIn());
        user.map(found -> UsernamePasswordAuthenticationToken.authenticated(found, null, List.of()))
                .ifPresent(signedIn -> SecurityContextHolder.setContext(new SecurityContextImpl(signedIn)));
        chain.doFilter(request, response);
    }

    private Optional<CurrentUser> user(HttpServletRequest request, HttpServletResponse response) {
        String header = request.getHeader(HttpHeaders.AUTHORIZATION);
        if (header == null) {
            return cookie(request, response)
                    .filter(SessionToken::isOne)
                    .flatMap(token -> limit.find(request, token, this::ofSession));
        }
        return bearer(header).flatMap(token -> limit.find(request, token, this::ofAnyone));
    }

    private Optional<CurrentUser> ofAnyone(String token) {
        return SessionToken.isOne(token) ? ofSession(token) : ofIssuer(token);
    }

    private Optional<CurrentUser> ofSession(String token) {
        return chatkeep.sessions().find(token).map(session -> new CurrentUser(session.userId(), session.id()));
    }

    private Optional<CurrentUser> ofIssuer(String token) {
        return issuers.verify(token)
                .map(identity -> new CurrentUser(chatkeep.identities().user(identity), null));
    }

    private static Optional<String> bearer(String header) {
        return header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                ? Optional.of(header.substring(SCHEME.length()).strip())
                : Optional.empty();
    }

    private Optional<String> cookie(HttpServletRequest request, HttpServletResponse response) {
        Optional<String> token = cookie.read(request, response);
        if (token.isPresent() && cookie.isForged(request)) {
            throw new Forbidden(
                    "cross_site_request", "A cookie signs in only requests of this site's own pages; send a token.");
        }
        return token;
    }
}
