package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Small words of a request, checked.
final class Words {

    private static final Pattern ETAG = Pattern.compile("(?:W/)?\"(\\d{1,18})\"");

    private Words() {}

    static boolean flag(String field, @Nullable String text) {
        return switch (text) {
            case null -> false;
            case "false" -> false;
            case "true" -> true;
            default -> throw Invalid.field(field, "Either \"true\" or \"false\".");
        };
    }

    static boolean newestFirst(@Nullable String order) {
        return switch (order) {
            case null -> false;
            case "asc" -> false;
            case "desc" -> true;
            default -> throw Invalid.field("order", "Either \"asc\" or \"desc\".");
        };
    }

    /// @param hint what to do with numbers that are out of reach, if anything
    static int number(String field, String text, int least, int most, String hint) {
        try {
            int number = Integer.parseInt(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            Invalid invalid = notANumber(field, least, most, hint);
            invalid.initCause(notANumber);
            throw invalid;
        }
        throw notANumber(field, least, most, hint);
    }

    private static Invalid notANumber(String field, int least, int most, String hint) {
        return Invalid.field(field, "A whole number from " + least + " to " + most + "." + hint);
    }

    static UUID uuid(String field, String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException notOne) {
            Invalid invalid = Invalid.field(field, "A UUID.");
            invalid.initCause(notOne);
            throw invalid;
        }
    }

    /// The version that `If-Match` names; null when it is absent or `*`.
    static @Nullable Long version(@Nullable String ifMatch) {
        if (ifMatch == null || ifMatch.equals("*")) {
            return null;
        }
        Matcher tag = ETAG.matcher(ifMatch.strip());
        if (!tag.matches()) {
            throw Invalid.field("If-Match", "One ETag as it came, or *.");
        }
        return Long.valueOf(tag.group(1));
    }
}
