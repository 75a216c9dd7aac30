package dev.chatkeep.web;

import static org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher.pathPattern;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.token.Issuers;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.springframework.security.web.DefaultSecurityFilterChain;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.header.HeaderWriterFilter;
import org.springframework.security.web.header.writers.CacheControlHeadersWriter;
import org.springframework.security.web.header.writers.HstsHeaderWriter;
import org.springframework.security.web.header.writers.XContentTypeOptionsHeaderWriter;
import org.springframework.security.web.header.writers.frameoptions.XFrameOptionsHeaderWriter;
import org.springframework.security.web.header.writers.frameoptions.XFrameOptionsHeaderWriter.XFrameOptionsMode;
import org.springframework.web.HttpRequestMethodNotSupportedException;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.UrlBasedCorsConfigurationSource;
import org.springframework.web.filter.CorsFilter;

/// The security of `/api/**`, and of nothing else: a host application's own chain stays as it is.
public final class ApiSecurity {

    private static final String API = "/api/**";
    private static final List<String> METHODS = List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private ApiSecurity() {}

    /// A chain without server-side sessions, request cache or token CSRF: who speaks is told by a token alone. It
    /// is put together here and not by Spring's builder, whose other filters would do nothing but cost a tenth of
    /// a short request.
    public static SecurityFilterChain chain(Chatkeep chatkeep, Issuers issuers, ApiSettings settings) {
        List<Filter> filters = new ArrayList<>();
        filters.add(headers());
        if (settings.guestsAllowed()) {
            filters.add(new HostCheck(settings.hosts()));
        }
        filters.add(new MalformedRequestFilter());
        filters.add(cors(settings.origins()));
        RateLimits.Counters counters = new RateLimits.Counters(settings.limits());
        TokenLimit tokens = new TokenLimit(counters);
        filters.add(new SignInLimitFilter(counters, tokens));
        filters.add(new BearerFilter(chatkeep, issuers, new SessionCookie(settings), tokens));
        filters.add(new RateLimitFilter(counters));
        filters.add(new SignedInFilter());
        return new DefaultSecurityFilterChain(pathPattern(API), filters);
    }

    /// Answers a request that is refused for its method or its URL alone.
    public static void refuse(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Problems.write(
                response,
                METHODS.contains(request.getMethod())
                        ? new Invalid("malformed_request", "url", "The URL of the request is not acceptable.")
                        : new HttpRequestMethodNotSupportedException(request.getMethod(), METHODS));
    }

    private static HeaderWriterFilter headers() {
        HeaderWriterFilter headers = new HeaderWriterFilter(List.of(
                new XContentTypeOptionsHeaderWriter(),
                new CacheControlHeadersWriter(),
                new HstsHeaderWriter(),
                new XFrameOptionsHeaderWriter(XFrameOptionsMode.DENY)));
        headers.setShouldWriteHeadersEagerly(true);
        return headers;
    }

    private static CorsFilter cors(List<String> origins) {
        CorsConfiguration cors = new CorsConfiguration();
        cors.setAllowedOrigins(origins);
        cors.setAllowCredentials(!origins.contains(CorsConfiguration.ALL));
        cors.setAllowedMethods(List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"));
        cors.setAllowedHeaders(List.of(
                "authorization",
                "content-type",
                "idempotency-key",
                "if-match",
                "payment-signature",
                "x-payment",
                // Clients of x402 send it, although it is an answer's.
                "access-control-expose-headers"));
        cors.setExposedHeaders(List.of(
                "x-chat-id",
                "x-vercel-ai-ui-message-stream",
                "retry-after",
                "etag",
                "payment-required",
                "payment-response",
                "x-payment-response"));
        UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
        source.registerCorsConfiguration(API, cors);
        CorsFilter filter = new CorsFilter(source);
        filter.setCorsProcessor(new OriginCheck());
        return filter;
    }
}
