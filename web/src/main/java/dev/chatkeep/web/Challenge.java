package dev.chatkeep.web;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Locale;
import org.springframework.http.HttpHeaders;

/// What a 401 says in `WWW-Authenticate`: that a bearer token signs in, and whether one was sent and refused
/// (RFC 6750, section 3).
final class Challenge {

    static final String BEARER = "Bearer realm=\"chatkeep\"";

    private static final String REFUSED = BEARER
            + ", error=\"invalid_token\", error_description=\"The token is unknown, malformed, expired or revoked.\"";
    private static final String SCHEME = "bearer ";

    private Challenge() {}

    /// For a request that nobody is signed in for.
    static String to(HttpServletRequest request) {
        String sent = request.getHeader(HttpHeaders.AUTHORIZATION);
        return sent != null && sent.toLowerCase(Locale.ROOT).startsWith(SCHEME) && sent.length() > SCHEME.length()
                ? REFUSED
                : BEARER;
    }
}
