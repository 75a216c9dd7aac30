package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.Unauthenticated;
import dev.chatkeep.token.Issuers;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.springframework.http.HttpMethod;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.DefaultSecurityFilterChain;
import org.springframework.security.web.authentication.AnonymousAuthenticationFilter;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.UrlBasedCorsConfigurationSource;
import org.springframework.web.filter.CorsFilter;

/// The security of `/api/**`, and of nothing else: a host application's own chain stays as it is.
public final class ApiSecurity {

    private static final String API = "/api/**";
    private static final String[] OPEN = {
        "/api/health",
        "/api/health/**",
        "/api/models",
        "/api/openapi.json",
        "/api/docs",
        "/api/docs/*",
        "/api/auth/erasures/*"
    };

    /// Where one signs in; open, and counted by themselves.
    static final String[] SIGN_IN = {"/api/auth/guest", "/api/auth/nonce", "/api/auth/login"};
    private static final List<String> METHODS = List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private ApiSecurity() {}

    /// A chain without server-side sessions, request cache or token CSRF: who speaks is told by a token alone.
    public static DefaultSecurityFilterChain chain(
            HttpSecurity http, Chatkeep chatkeep, Issuers issuers, ApiSettings settings) {
        if (settings.guestsAllowed()) {
            http.addFilterBefore(new HostCheck(settings.hosts()), CorsFilter.class);
        }
        return http.securityMatcher(API)
                .csrf(AbstractHttpConfigurer::disable)
                .formLogin(AbstractHttpConfigurer::disable)
                .httpBasic(AbstractHttpConfigurer::disable)
                .logout(AbstractHttpConfigurer::disable)
                .requestCache(AbstractHttpConfigurer::disable)
                .cors(AbstractHttpConfigurer::disable)
                .addFilterBefore(new MalformedRequestFilter(), CorsFilter.class)
                .addFilter(cors(settings.origins()))
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .addFilterBefore(new BearerFilter(chatkeep, issuers), AnonymousAuthenticationFilter.class)
                .addFilterAfter(new RateLimitFilter(settings.limits()), BearerFilter.class)
                .authorizeHttpRequests(requests -> requests.requestMatchers(HttpMethod.POST, SIGN_IN)
                        .permitAll()
                        .requestMatchers(HttpMethod.GET, OPEN)
                        .permitAll()
                        .requestMatchers(HttpMethod.HEAD, OPEN)
                        .permitAll()
                        .anyRequest()
                        .authenticated())
                .exceptionHandling(failures -> failures.authenticationEntryPoint(
                                (request, response, failure) -> Problems.write(response, new Unauthenticated()))
                        .accessDeniedHandler(
                                (request, response, failure) -> Problems.write(response, new Unauthenticated())))
                .build();
    }

    /// Answers a request that is refused for its method or its URL alone.
    public static void refuse(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Problems.write(
                response,
                METHODS.contains(request.getMethod())
                        ? new Invalid("malformed_request", "url", "The URL of the request is not acceptable.")
                        : new HttpRequestMethodNotSupportedException(request.getMethod(), METHODS));
    }

    private static CorsFilter cors(List<String> origins) {
        CorsConfiguration cors = new CorsConfiguration();
        cors.setAllowedOrigins(origins);
        cors.setAllowCredentials(!origins.contains(CorsConfiguration.ALL));
        cors.setAllowedMethods(List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"));
        cors.setAllowedHeaders(List.of("authorization", "content-type", "idempotency-key", "if-match"));
        cors.setExposedHeaders(List.of("x-chat-id", "x-vercel-ai-ui-message-stream", "retry-after", "etag"));
        UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
        source.registerCorsConfiguration(API, cors);
        CorsFilter filter = new CorsFilter(source);
        filter.setCorsProcessor(new OriginCheck());
        return filter;
    }
}
