package dev.chatkeep.web;

import static org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher.pathPattern;

import dev.chatkeep.ChatkeepException.Unauthenticated;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.http.HttpMethod;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.util.matcher.OrRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;

/// Refuses whoever is not signed in, but where anyone may ask.
final class SignedInFilter extends OncePerRequestFilter {

    private static final List<String> READ_BY_ANYONE = List.of(
            "/api/health",
            "/api/health/**",
            "/api/models",
            "/api/openapi.json",
            "/api/docs",
            "/api/docs/*",
            "/api/auth/erasures/*");

    private static final RequestMatcher OPEN = new OrRequestMatcher(Stream.concat(
                    Stream.of(ApiSecurity.SIGN_IN).map(path -> pathPattern(HttpMethod.POST, path)),
                    READ_BY_ANYONE.stream()
                            .flatMap(path -> Stream.of(HttpMethod.GET, HttpMethod.HEAD)
                                    .map(method -> pathPattern(method, path))))
            .map(RequestMatcher.class::cast)
            .toList());

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (SecurityContextHolder.getContext().getAuthentication() == null && !OPEN.matches(request)) {
            Problems.write(request, response, new Unauthenticated());
            return;
        }
        chain.doFilter(request, response);
    }
}
