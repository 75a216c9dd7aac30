package dev.chatkeep.web;

import static org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher.pathPattern;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.token.Issuers;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
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

    /// How long a browser may remember a preflight; Chromium remembers none for longer.
    private static final Duration PREFLIGHT_REMEMBERED = Duration.ofHours(2);

    /// What clients send that a page of another origin has to be allowed. Firefox and Safari ask for `user-agent`
    /// where a page sets it; clients of x402 send `access-control-expose-headers`, although it is an answer's.
    private static final List<String> SENT_HEADERS = List.of(
            "authorization",
            "content-type",
            "content-encoding",
            "idempotency-key",
            "if-match",
            "if-none-match",
            "last-event-id",
            "user-agent",
            "x-requested-with",
            "traceparent",
            "tracestate",
            "baggage",
            "payment-signature",
            "x-payment",
            "access-control-expose-headers");

    private static final List<String> READ_HEADERS = List.of(
            "x-chat-id",
            "x-vercel-ai-ui-message-stream",
            "retry-after",
            "etag",
            "www-authenticate",
            "accept-encoding",
            "payment-required",
            "payment-response",
            "x-payment-response");

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
        filters.add(cors(settings));
        RateLimits.Counters counters = new RateLimits.Counters(settings.limits());
        TokenLimit tokens = new TokenLimit(counters);
        filters.add(new SignInLimitFilter(counters, tokens));
        filters.add(new BearerFilter(chatkeep, issuers, new SessionCookie(settings), tokens));
        filters.add(new RateLimitFilter(counters));
        filters.add(new SignedInFilter());
        filters.add(new BodyReleaseFilter());
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

    private static CorsFilter cors(ApiSettings settings) {
        CorsConfiguration cors = new CorsConfiguration();
        cors.setAllowedOrigins(settings.origins());
        cors.setAllowCredentials(!settings.origins().contains(CorsConfiguration.ALL));
        cors.setAllowedMethods(List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"));
        cors.setAllowedHeaders(Stream.concat(SENT_HEADERS.stream(), settings.headers().stream())
                .toList());
        cors.setExposedHeaders(READ_HEADERS);
        cors.setMaxAge(PREFLIGHT_REMEMBERED);
        UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
        source.registerCorsConfiguration(API, cors);
        CorsFilter filter = new CorsFilter(source);
        filter.setCorsProcessor(new OriginCheck());
        return filter;
    }
}
