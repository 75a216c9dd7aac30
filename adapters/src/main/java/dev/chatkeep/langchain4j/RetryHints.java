package dev.chatkeep.langchain4j;

import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// How long a provider asks to wait before the next attempt: in the header `Retry-After` (RFC 9110, 10.2.3) or
/// `Retry-After-Ms`, in a field of its error, or in the error's words.
final class RetryHints {

    private static final String NUMBER = "(\\d{1,9}(?:\\.\\d{1,9})?)";
    private static final Pattern SECONDS = Pattern.compile(NUMBER);
    private static final Pattern PART =
            Pattern.compile(NUMBER + "\\s*(ms|milliseconds?|s|sec|seconds?|m|min|minutes?|h|hours?)");
    private static final Pattern IN_WORDS =
            Pattern.compile("(?:try again|retry|wait)[^0-9]{0,24}((?:" + PART.pattern() + "\\s*)+)(?![a-z])");
    private static final Pattern DURATION = Pattern.compile("(?:" + PART.pattern() + "\\s*)+");
    private static final int MAX_DEPTH = 5;
    private static final int MAX_WORDS = 2_000;

    private RetryHints() {}

    static @Nullable Duration of(HttpHeaders headers) {
        Optional<Duration> exact = headers.firstValue("Retry-After-Ms")
                .map(value -> number(value, 1))
                .filter(Optional::isPresent)
                .map(Optional::get);
        return exact.or(() -> headers.firstValue("Retry-After").flatMap(RetryHints::header))
                .orElse(null);
    }

    private static Optional<Duration> header(String value) {
        return number(value, 1_000).or(() -> date(value));
    }

    private static Optional<Duration> date(String value) {
        try {
            Duration left =
                    Duration.between(Instant.now(), ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME));
            return Optional.of(left.isNegative() ? Duration.ZERO : left);
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /// What an error says, in a field before its words.
    static @Nullable Duration of(JsonNode error) {
        return field(error, 0).or(() -> inWords(ProviderError.words(error))).orElse(null);
    }

    private static Optional<Duration> field(JsonNode node, int depth) {
        if (depth > MAX_DEPTH) {
            return Optional.empty();
        }
        if (node.isArray()) {
            return node.valueStream()
                    .flatMap(each -> field(each, depth + 1).stream())
                    .findFirst();
        }
        return node.propertyStream()
                .flatMap(each ->
                        named(each.getKey(), each.getValue()).or(() -> field(each.getValue(), depth + 1)).stream())
                .findFirst();
    }

    private static Optional<Duration> named(String name, JsonNode value) {
        String text = value.asStringOpt().orElse("").toLowerCase(Locale.ROOT);
        return switch (name.toLowerCase(Locale.ROOT).replaceAll("[_-]", "")) {
            case "retryafter", "retryafterseconds", "retrydelay" ->
                number(text, 1_000).or(() -> duration(text)).or(() -> date(text));
            case "retryafterms" -> number(text, 1);
            default -> Optional.empty();
        };
    }

    private static Optional<Duration> number(String text, int millis) {
        Matcher number = SECONDS.matcher(text.strip());
        return number.matches() ? Optional.of(millis(number.group(1), millis)) : Optional.empty();
    }

    private static Optional<Duration> inWords(String words) {
        String text = words.substring(0, Math.min(words.length(), MAX_WORDS)).toLowerCase(Locale.ROOT);
        Matcher found = IN_WORDS.matcher(text);
        return found.find() ? duration(found.group(1).strip()) : Optional.empty();
    }

    private static Optional<Duration> duration(String text) {
        if (text.length() > 100 || !DURATION.matcher(text).matches()) {
            return Optional.empty();
        }
        Duration sum = Duration.ZERO;
        Matcher part = PART.matcher(text);
        while (part.find()) {
            sum = sum.plus(millis(part.group(1), unit(part.group(2))));
        }
        return Optional.of(sum);
    }

    private static int unit(String name) {
        return switch (name) {
            case "m", "min", "minute", "minutes" -> 60_000;
            case "h", "hour", "hours" -> 3_600_000;
            case "s", "sec", "second", "seconds" -> 1_000;
            default -> 1;
        };
    }

    private static Duration millis(String number, int each) {
        return Duration.ofMillis(Math.round(Double.parseDouble(number) * each));
    }
}
