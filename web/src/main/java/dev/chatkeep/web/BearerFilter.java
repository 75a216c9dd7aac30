package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Forbidden;
import dev.chatkeep.user.Session;
import dev.chatkeep.user.Sessions;
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

/// Signs a request in by the session token it carries as `Authorization: Bearer`, or in a cookie. One without,
/// or with a token that is unknown or over, goes on as nobody's.
final class BearerFilter extends OncePerRequestFilter {

    private static final String SCHEME = "Bearer ";
    private static final int LONGEST_TOKEN = 512;

    private final Sessions sessions;

    BearerFilter(Sessions sessions) {
        this.sessions = sessions;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Optional<Session> session;
        try {
            session = token(request).flatMap(sessions::find);
        } catch (RuntimeException refused) {
            Problems.write(response, refused);
            return;
        }
        session.map(found -> new CurrentUser(found.userId(), found.id()))
                .map(user -> UsernamePasswordAuthenticationToken.authenticated(user, null, List.of()))
                .ifPresent(signedIn -> SecurityContextHolder.setContext(new SecurityContextImpl(signedIn)));
        chain.doFilter(request, response);
    }

    private static Optional<String> token(HttpServletRequest request) {
        String header = request.getHeader(HttpHeaders.AUTHORIZATION);
        Optional<String> token = header == null ? cookie(request) : bearer(header);
        return token.filter(text -> !text.isEmpty() && text.length() <= LONGEST_TOKEN);
    }

    private static Optional<String> bearer(String header) {
        return header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                ? Optional.of(header.substring(SCHEME.length()).strip())
                : Optional.empty();
    }

    private static Optional<String> cookie(HttpServletRequest request) {
        Optional<String> token = SessionCookie.read(request);
        if (token.isPresent() && SessionCookie.isForged(request)) {
            throw new Forbidden(
                    "cross_site_request", "A cookie signs in only requests of this site's own pages; send a token.");
        }
        return token;
    }
}
