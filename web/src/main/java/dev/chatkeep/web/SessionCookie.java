package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;
import org.springframework.stereotype.Component;
import org.springframework.web.cors.CorsUtils;

/// The session token as a cookie, for web pages: scripts cannot read it, and other sites cannot make use of it.
///
/// Over https its name begins with `__Host-` (RFC 6265bis, "Cookie Name Prefixes"), so that neither a page of a
/// sibling domain nor an attacker on a plain http connection can plant one. A path other than `/` only admits the
/// weaker `__Secure-`. Plain http has no such prefix, and there the name is bare.
@Component
final class SessionCookie {

    private static final String NAME = "chatkeep_session";
    private static final String HOST_PREFIX = "__Host-";
    private static final String SECURE_PREFIX = "__Secure-";
    private static final Set<String> SAFE_METHODS = Set.of("GET", "HEAD", "OPTIONS");
    private static final Set<String> TRUSTED_SITES = Set.of("same-origin", "none");
    private static final List<String> USUAL_PATHS = List.of("/", "/api");

    private final CookieSettings settings;
    private final List<String> origins;

    SessionCookie(ApiSettings settings) {
        this.settings = settings.cookie();
        this.origins = settings.origins();
    }

    void set(HttpServletRequest request, HttpServletResponse response, String token, Duration lifetime) {
        add(request, response, token, settings.path(), lifetime);
    }

    void clear(HttpServletRequest request, HttpServletResponse response) {
        set(request, response, "", Duration.ZERO);
    }

    private void add(
            HttpServletRequest request, HttpServletResponse response, String token, String path, Duration lifetime) {
        response.addHeader(
                HttpHeaders.SET_COOKIE,
                ResponseCookie.from(name(request), token)
                        .path(path)
                        .httpOnly(true)
                        .secure(isSecure(request))
                        .sameSite("Lax")
                        .maxAge(lifetime)
                        .build()
                        .toString());
    }

    private boolean isSecure(HttpServletRequest request) {
        return settings.secure() == null ? request.isSecure() : settings.secure();
    }

    private String name(HttpServletRequest request) {
        if (!isSecure(request)) {
            return NAME;
        }
        return (settings.path().equals("/") ? HOST_PREFIX : SECURE_PREFIX) + NAME;
    }

    /// The token that the request carries.
    ///
    /// @throws Invalid for two cookies of the name: nobody can tell which of them was planted. The response then
    ///     clears what it can, so that signing in again helps a browser that has both by accident
    Optional<String> read(HttpServletRequest request, HttpServletResponse response) {
        Cookie[] cookies = request.getCookies();
        if (cookies == null) {
            return Optional.empty();
        }
        List<String> tokens = Arrays.stream(cookies)
                .filter(cookie -> cookie.getName().equals(name(request)))
                .map(Cookie::getValue)
                .toList();
        if (tokens.size() > 1) {
            Stream.concat(USUAL_PATHS.stream(), Stream.of(settings.path()))
                    .distinct()
                    .forEach(path -> add(request, response, "", path, Duration.ZERO));
            throw new Invalid(
                    "duplicate_cookie",
                    "Cookie",
                    "The request has more than one session cookie. Clear this site's cookies and sign in again.");
        }
        return tokens.stream().findFirst();
    }

    /// Whether the request can change something and does not show that one of our own pages, or a page of an
    /// allowed origin, sent it. A browser shows it by `Sec-Fetch-Site` or by `Origin`; a client that sends neither
    /// has no need of a cookie. A list of origins that allows any of them vouches for none.
    boolean isForged(HttpServletRequest request) {
        if (SAFE_METHODS.contains(request.getMethod().toUpperCase(Locale.ROOT))) {
            return false;
        }
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        if (origin != null && origins.contains(origin)) {
            return false;
        }
        String site = request.getHeader("Sec-Fetch-Site");
        return site == null ? origin == null || CorsUtils.isCorsRequest(request) : !TRUSTED_SITES.contains(site);
    }
}
