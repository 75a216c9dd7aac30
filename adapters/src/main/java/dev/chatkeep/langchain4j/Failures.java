package dev.chatkeep.langchain4j;

import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.GenerationException.Kind;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Turns what goes wrong into [GenerationException]s, whose messages never hold the key.
final class Failures {

    private static final int EXCERPT_LENGTH = 500;

    private final @Nullable String apiKey;

    Failures(@Nullable String apiKey) {
        this.apiKey = apiKey == null || apiKey.isBlank() ? null : apiKey;
    }

    GenerationException of(Kind kind, String message, @Nullable Throwable cause) {
        return new GenerationException(kind, safe(message), null, cause);
    }

    GenerationException broken(String message) {
        return of(Kind.BROKEN, message, null);
    }

    GenerationException timeout(String message, Throwable cause) {
        return of(Kind.TIMEOUT, message, cause);
    }

    /// An HTTP status other than success, with `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
    GenerationException status(int status, HttpHeaders headers, String body) {
        Duration retryAfter =
                headers.firstValue("Retry-After").map(Failures::retryAfter).orElse(null);
        return new GenerationException(kind(status), safe("HTTP " + status + ": " + body), retryAfter, null);
    }

    /// An error that comes as a frame of the stream, in any provider's form: an object with `message` and `code` or
    /// `type`, or just text.
    GenerationException reported(JsonNode error) {
        int status = error.path("code").isInt()
                ? error.path("code").intValue()
                : status(error.path("type").asString(""));
        Kind kind = status >= 400 && status < 600 ? kind(status) : Kind.BROKEN;
        JsonNode message = error.path("message");
        return of(kind, "The stream reported: " + (message.isString() ? message.stringValue() : error), null);
    }

    private static int status(String type) {
        return switch (type) {
            case "invalid_request_error" -> 400;
            case "authentication_error" -> 401;
            case "billing_error", "insufficient_quota" -> 402;
            case "permission_error" -> 403;
            case "not_found_error" -> 404;
            case "request_too_large" -> 413;
            case "rate_limit_error", "rate_limit_exceeded" -> 429;
            case "api_error", "overloaded_error", "server_error", "timeout_error" -> 503;
            default -> 0;
        };
    }

    private static Kind kind(int status) {
        return switch (status) {
            case 401, 402, 403 -> Kind.UNAUTHORIZED;
            case 408 -> Kind.TIMEOUT;
            case 429 -> Kind.RATE_LIMITED;
            default -> status >= 500 ? Kind.UNAVAILABLE : Kind.REFUSED;
        };
    }

    private static @Nullable Duration retryAfter(String value) {
        try {
            if (!value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9')) {
                return Duration.ofSeconds(Long.parseLong(value));
            }
            Duration left =
                    Duration.between(Instant.now(), ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME));
            return left.isNegative() ? Duration.ZERO : left;
        } catch (NumberFormatException | DateTimeParseException e) {
            return null;
        }
    }

    private String safe(String message) {
        String whole = apiKey == null ? message : message.replace(apiKey, "***");
        return whole.length() <= EXCERPT_LENGTH ? whole : whole.substring(0, EXCERPT_LENGTH) + "...";
    }
}
