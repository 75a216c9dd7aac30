package dev.chatkeep.chat;

import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What HTML in a text stands for: its tags, and the entities that people write.
final class HtmlText {

    static final Pattern ENTITY = Pattern.compile("&(?:#(\\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,8}));");

    private static final Set<String> INLINE_TAGS =
            words("a abbr b cite code del em font i ins kbd mark q s samp small span strike strong sub sup tt u var");

    private static final Set<String> BLOCK_TAGS = words("article blockquote center dd details div dl dt footer h1 h2 h3"
            + " h4 h5 h6 header li main nav ol p pre section summary table tbody td tfoot th thead tr ul");

    private static final Set<String> EMPTY_TAGS = words("br hr wbr");

    private static final Map<String, String> ENTITIES = Stream.of(
                    "amp &",
                    "lt <",
                    "gt >",
                    "quot \"",
                    "apos '",
                    "copy \u00a9",
                    "reg \u00ae",
                    "trade \u2122",
                    "hellip \u2026",
                    "ndash \u2013",
                    "mdash \u2014",
                    "lsquo \u2018",
                    "rsquo \u2019",
                    "ldquo \u201c",
                    "rdquo \u201d",
                    "laquo \u00ab",
                    "raquo \u00bb",
                    "euro \u20ac",
                    "times \u00d7",
                    "deg \u00b0",
                    "rarr \u2192",
                    "nbsp \u00a0")
            .map(entity -> entity.split(" ", 2))
            .collect(Collectors.toUnmodifiableMap(entity -> entity[0], entity -> entity[1]));

    private HtmlText() {}

    private static Set<String> words(String words) {
        return Set.of(words.split(" "));
    }

    /// Whether a tag of this name stands within a word or a line.
    static boolean isInline(String tag) {
        return INLINE_TAGS.contains(tag);
    }

    /// Whether a tag of this name begins or ends a line of its own.
    static boolean isBlock(String tag) {
        return BLOCK_TAGS.contains(tag);
    }

    /// Whether a tag of this name has no other half.
    static boolean isEmpty(String tag) {
        return EMPTY_TAGS.contains(tag);
    }

    /// The character that an [#ENTITY] is; null when it is none.
    static @Nullable String decoded(Matcher entity) {
        if (entity.group(3) != null) {
            return ENTITIES.get(entity.group(3));
        }
        int codePoint =
                entity.group(1) != null ? Integer.parseInt(entity.group(1)) : Integer.parseInt(entity.group(2), 16);
        boolean isText = Character.isDefined(codePoint)
                && !Character.isISOControl(codePoint)
                && Character.getType(codePoint) != Character.SURROGATE;
        return isText ? Character.toString(codePoint) : null;
    }
}
