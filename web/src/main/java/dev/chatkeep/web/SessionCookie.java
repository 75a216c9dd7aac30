package dev.chatkeep.web;

import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;

/// The session token as a cookie, for web pages: scripts cannot read it, and other sites cannot make use of it.
final class SessionCookie {

    static final String NAME = "chatkeep_session";

    private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");

    private SessionCookie() {}

    static void set(HttpServletRequest request, HttpServletResponse response, String token, Duration lifetime) {
        response.addHeader(
                HttpHeaders.SET_COOKIE,
                ResponseCookie.from(NAME, token)
                        .path("/api")
                        .httpOnly(true)
                        .secure(request.isSecure())
                        .sameSite("Lax")
                        .maxAge(lifetime)
                        .build()
                        .toString());
    }

    static void clear(HttpServletRequest request, HttpServletResponse response) {
        set(request, response, "", Duration.ZERO);
    }

    static Optional<String> read(HttpServletRequest request) {
        Cookie[] cookies = request.getCookies();
        return cookies == null
                ? Optional.empty()
                : Arrays.stream(cookies)
                        .filter(cookie -> cookie.getName().equals(NAME))
                        .map(Cookie::getValue)
                        .findFirst();
    }

    /// Whether the request can change something and does not show that a page of ours, or of an allowed origin,
    /// sent it. A browser shows it by `Origin` (a foreign one was refused before) or `Sec-Fetch-Site`; what
    /// shows neither has no need of a cookie.
    static boolean isForged(HttpServletRequest request) {
        if (SAFE.contains(request.getMethod().toUpperCase(Locale.ROOT))) {
            return false;
        }
        String site = request.getHeader("Sec-Fetch-Site");
        return site == null ? request.getHeader(HttpHeaders.ORIGIN) == null : site.equals("cross-site");
    }
}
