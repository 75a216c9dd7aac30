package dev.chatkeep.web;

import static org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher.pathPattern;

import java.util.List;
import java.util.stream.Stream;
import org.springframework.http.HttpMethod;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;

/// The routes that the filters treat differently. A path is compared decoded and segment by segment, as the
/// dispatcher does it, so that no spelling of a route escapes its rule.
final class Routes {

    static final RequestMatcher GUEST = post("/api/auth/guest");

    /// Where anyone may prove who they are.
    static final RequestMatcher SIGN_IN = any(GUEST, post("/api/auth/nonce"), post("/api/auth/login"));

    /// Where a proof is checked, by whoever is signed in as well.
    static final RequestMatcher PROOF = any(SIGN_IN, post("/api/auth/wallets"));

    static final RequestMatcher TURN = post("/api/chat");

    static final RequestMatcher HEALTH = read("/api/health", "/api/health/liveness", "/api/health/readiness");

    static final RequestMatcher READ_BY_ANYONE = read(
            "/api/health",
            "/api/health/**",
            "/api/models",
            "/api/openapi.json",
            "/api/docs",
            "/api/docs/*",
            "/api/auth/erasures/*");

    private Routes() {}

    private static RequestMatcher post(String path) {
        return pathPattern(HttpMethod.POST, path);
    }

    private static RequestMatcher read(String... paths) {
        return any(Stream.of(HttpMethod.GET, HttpMethod.HEAD)
                .flatMap(method -> Stream.of(paths).map(path -> pathPattern(method, path)))
                .toArray(RequestMatcher[]::new));
    }

    private static RequestMatcher any(RequestMatcher... matchers) {
        return new OrRequestMatcher(List.of(matchers));
    }
}
