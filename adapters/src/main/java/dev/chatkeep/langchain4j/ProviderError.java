package dev.chatkeep.langchain4j;

import dev.chatkeep.db.Json;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What a provider says went wrong in the body of an answer with HTTP 200, in the forms that are in use: an object
/// with a message and a code, or with both at its top level; a code as a number, as digits or as a word; just text.
final class ProviderError {

    /// Fields that tell the kind of an error, in the order in which they are believed.
    private static final List<String> CODES = List.of(
            "code",
            "status_code",
            "statusCode",
            "StatusCode",
            "http_code",
            "status",
            "error_code",
            "type",
            "error_type",
            "error");

    private static final List<String> MESSAGES =
            List.of("message", "msg", "error_msg", "error_message", "status_msg", "detail", "error", "reason");

    /// Without one of these, an object that has a message is nothing else.
    private static final List<String> CONTENT = List.of(
            "choices", "usage", "candidates", "content", "delta", "type", "done", "object", "model", "id", "index");

    /// Of a stream's frame that holds an error, these may hold the answer, which is not logged.
    private static final List<String> ANSWERS = List.of("choices", "candidates", "content", "delta");

    private static final Pattern STATUS_AT_FRONT = Pattern.compile("([45]\\d\\d)\\b.*", Pattern.DOTALL);
    private static final Pattern STATUS_IN_TEXT =
            Pattern.compile("\\b(?:http|status|code|error)\\b\\D{0,12}\\b([45]\\d\\d)\\b");
    private static final Pattern PAYMENT = Pattern.compile("insufficient.?(?:balance|credit|quota|funds)|billing");
    private static final Pattern RATE_LIMIT = Pattern.compile(
            "rate.?limit|too.?many.?requests|throttl|resource.?exhausted|(?:request|usage|tpm|rpm).limit|quota");
    private static final Pattern CREDENTIALS = Pattern.compile(
            "(?:invalid|incorrect|missing).api.?key|unauthori[sz]ed|not.authori[sz]ed|unauthenticated|authentication");
    private static final Pattern PERMISSION = Pattern.compile("permission|forbidden");
    private static final Pattern UNAVAILABLE = Pattern.compile(
            "overload|(?:at|out of|no).capacity|unavailable"
                    + "|server.(?:is.)?busy|(?:server|api|internal|upstream).?error|bad.?gateway|try again later|timeout.?error");
    private static final Pattern TIMEOUT = Pattern.compile("timed?.?out|deadline.?exceeded");
    private static final Pattern BAD_REQUEST = Pattern.compile("invalid.?(?:request|argument|prompt)|bad.?request"
            + "|context.?length|not.?found|too.?large|unprocessable");

    private static final int MAX_DEPTH = 3;
    private static final int MAX_WORDS = 4_000;

    private ProviderError() {}

    /// The error in a frame; null where it holds none.
    static @Nullable JsonNode in(JsonNode frame, @Nullable String event) {
        JsonNode error = frame.path("error");
        if (!isEmpty(error)) {
            return error.isObject() ? error : withoutAnswer(frame);
        }
        JsonNode nested = first(
                frame.path("errors").path(0),
                frame.path("choices").path(0).path("error"),
                frame.path("x_groq").path("error"),
                isEmpty(frame.path("base_resp").path("status_code")) ? null : frame.path("base_resp"));
        if (nested != null) {
            return nested;
        }
        boolean isError = "error".equals(event)
                || isWord(frame, "type", "error")
                || isWord(frame, "object", "error")
                || !isEmpty(frame.path("error_code"))
                || !isEmpty(frame.path("error_msg"))
                || isBareMessage(frame);
        return isError ? withoutAnswer(frame) : null;
    }

    private static @Nullable JsonNode first(@Nullable JsonNode... nodes) {
        for (JsonNode node : nodes) {
            if (node != null && !isEmpty(node)) {
                return node;
            }
        }
        return null;
    }

    private static boolean isWord(JsonNode frame, String field, String word) {
        return frame.path(field).asStringOpt().orElse("").equals(word);
    }

    private static boolean isBareMessage(JsonNode frame) {
        return frame.isObject()
                && CONTENT.stream().noneMatch(frame::has)
                && !message(frame).isEmpty();
    }

    private static JsonNode withoutAnswer(JsonNode frame) {
        return frame instanceof ObjectNode object ? object.deepCopy().remove(ANSWERS) : frame;
    }

    /// Whether a field says that there is no error, in one of the ways in which gateways say so.
    private static boolean isEmpty(JsonNode node) {
        return switch (node.getNodeType()) {
            case MISSING, NULL -> true;
            case BOOLEAN -> !node.booleanValue();
            case NUMBER -> node.isIntegralNumber() && node.asLong(1) == 0;
            case STRING -> node.stringValue().isBlank() || node.stringValue().equals("0");
            case OBJECT, ARRAY -> node.valueStream().allMatch(ProviderError::isEmpty);
            case BINARY, POJO -> false;
        };
    }

    /// The HTTP status that would say the same; 0 where none is known.
    static int status(JsonNode error) {
        return status(error, 0);
    }

    private static int status(JsonNode error, int depth) {
        for (String field : CODES) {
            int status = statusOf(error.path(field));
            if (status != 0) {
                return status;
            }
        }
        int status = statusOf(error.path("metadata").path("error_type"));
        String message = message(error);
        JsonNode inner = depth < MAX_DEPTH ? inner(message) : null;
        if (status == 0 && inner != null) {
            JsonNode reported = in(inner, null);
            status = status(reported == null ? inner : reported, depth + 1);
        }
        return status == 0 ? statusIn(message) : status;
    }

    private static int statusOf(JsonNode code) {
        if (code.isIntegralNumber()) {
            int number = code.canConvertToInt() ? code.intValue() : 0;
            return number >= 400 && number < 600 ? number : 0;
        }
        String word = code.isString() ? code.stringValue().strip() : "";
        Matcher number = STATUS_AT_FRONT.matcher(word);
        return number.matches() ? Integer.parseInt(number.group(1)) : statusOfWord(word);
    }

    /// Of a word such as `rate_limit_exceeded`, in whatever way its parts are joined.
    private static int statusOfWord(String word) {
        return word.length() > 100 ? 0 : known(word.replaceAll("(?<=[a-z])(?=[A-Z])|[_.-]+", " "), true);
    }

    /// Of a message in words. What is said of the request itself may be said of anything, so it does not count.
    private static int statusIn(String message) {
        String text =
                message.substring(0, Math.min(message.length(), MAX_WORDS)).toLowerCase(Locale.ROOT);
        Matcher number = STATUS_IN_TEXT.matcher(text);
        return number.find() ? Integer.parseInt(number.group(1)) : known(text, false);
    }

    private static int known(String words, boolean isCode) {
        String text = words.toLowerCase(Locale.ROOT);
        if (PAYMENT.matcher(text).find()) {
            return 402;
        }
        if (RATE_LIMIT.matcher(text).find()) {
            return 429;
        }
        if (CREDENTIALS.matcher(text).find()) {
            return 401;
        }
        if (isCode && PERMISSION.matcher(text).find()) {
            return 403;
        }
        if (UNAVAILABLE.matcher(text).find()) {
            return 503;
        }
        if (TIMEOUT.matcher(text).find()) {
            return 408;
        }
        return isCode && BAD_REQUEST.matcher(text).find() ? 400 : 0;
    }

    /// All that the provider says, its message first.
    static String words(JsonNode error) {
        if (!error.isObject()) {
            return error.asStringOpt().orElseGet(error::toString);
        }
        String message = message(error);
        JsonNode rest = ((ObjectNode) error).deepCopy().remove(messageField(error));
        return message.isEmpty() ? error.toString() : message + (rest.isEmpty() ? "" : " " + rest);
    }

    private static String message(JsonNode error) {
        return error.isObject()
                ? text(error, messageField(error)).strip()
                : error.asStringOpt().orElse("").strip();
    }

    private static List<String> messageField(JsonNode error) {
        return MESSAGES.stream()
                .filter(field -> !text(error, List.of(field)).isBlank())
                .limit(1)
                .toList();
    }

    private static String text(JsonNode error, List<String> field) {
        return field.isEmpty() || !error.path(field.getFirst()).isString()
                ? ""
                : error.path(field.getFirst()).stringValue();
    }

    /// An error that was put whole into a message.
    private static @Nullable JsonNode inner(String message) {
        int start = message.indexOf('{');
        try {
            return start < 0 ? null : Json.MAPPER.readTree(message.substring(start));
        } catch (JacksonException notJson) {
            return null;
        }
    }
}
