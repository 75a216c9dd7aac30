package dev.chatkeep.langchain4j;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.GenerationException.Kind;
import java.net.http.HttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

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

    GenerationException tooLong(String message) {
        return of(Kind.TOO_LONG, message, null);
    }

    GenerationException timeout(String message, Throwable cause) {
        return of(Kind.TIMEOUT, message, cause);
    }

    /// An HTTP status other than success.
    GenerationException status(int status, HttpHeaders headers, String body) {
        Duration header = RetryHints.of(headers);
        return new GenerationException(
                kind(status),
                safe("HTTP " + status + ": " + body),
                header == null ? RetryHints.of(json(body)) : header,
                null);
    }

    /// An error that comes in the body of an answer with HTTP 200, in any provider's form: see [ProviderError].
    ///
    /// @param header what the answer's headers say of when to come back
    GenerationException reported(JsonNode error, @Nullable Duration header) {
        int status = ProviderError.status(error);
        Duration hint = RetryHints.of(error);
        return new GenerationException(
                status == 0 ? Kind.BROKEN : kind(status),
                safe("The provider reported: " + ProviderError.words(error)),
                hint == null ? header : hint,
                null);
    }

    private static JsonNode json(String body) {
        try {
            return Json.MAPPER.readTree(body);
        } catch (JacksonException notJson) {
            return JsonNodeFactory.instance.stringNode(body);
        }
    }

    private static Kind kind(int status) {
        return switch (status) {
            case 401, 402, 403 -> Kind.UNAUTHORIZED;
            case 408 -> Kind.TIMEOUT;
            case 429 -> Kind.RATE_LIMITED;
            default -> status >= 500 ? Kind.UNAVAILABLE : Kind.REFUSED;
        };
    }

    /// On one line, without the key, and not long.
    private String safe(String message) {
        String whole = (apiKey == null ? message : message.replace(apiKey, "***"))
                .replaceAll("[\\p{Cntrl}\u2028\u2029]+", " ");
        return whole.length() <= EXCERPT_LENGTH ? whole : whole.substring(0, EXCERPT_LENGTH) + "...";
    }
}
