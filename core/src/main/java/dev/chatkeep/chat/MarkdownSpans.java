package dev.chatkeep.chat;

import dev.chatkeep.db.Terms;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Takes the marks of Markdown out of the words of a text: emphasis, code spans, links, images, HTML.
///
/// An emphasis begins and ends at the border of a word, so `snake_case` and `2*3*4` are none; scripts that are
/// written without spaces have their borders everywhere. A tag counts if it is one of HTML and has its other half,
/// so "center a `<div>`" and `List<String>` keep their words. One pass over the text, whatever it holds.
final class MarkdownSpans {

    private static final Pattern TARGET =
            Pattern.compile("\\((?!\\d+\\))\\s*(?:<[^<>\\n]*>|[^\\s()]*(?:\\([^\\s()]*\\)[^\\s()]*)*+)"
                    + "(?:\\s+(?:\"[^\"]*\"|'[^']*'|\\([^()]*\\)))?\\s*\\)");
    private static final Pattern REFERENCE = Pattern.compile("\\[([^\\[\\]]*)]");
    private static final Pattern AUTOLINK = Pattern.compile("<(?:(?:https?|ftp)://|mailto:|[\\w.+-]+@)[^\\s<>]*>");
    private static final Pattern COMMENT = Pattern.compile("<!--.*?-->", Pattern.DOTALL);
    private static final Pattern TAG = Pattern.compile(
            "<(/?)([A-Za-z][A-Za-z0-9]*)((?:\\s+[\\w:-]+(?:\\s*=\\s*(?:\"[^\"]*\"|'[^']*'|[^\\s\"'=<>`]+))?)*+)\\s*/?>");
    private static final Pattern ALT = Pattern.compile("\\salt\\s*=\\s*(?:\"([^\"]*)\"|'([^']*)')");

    private final String text;
    private final Set<String> labels;
    private final char[] chars;
    private final boolean[] isDropped;
    private final boolean[] isLiteral;
    private final Deque<Integer> brackets = new ArrayDeque<>();
    private final List<Run> open = new ArrayList<>();
    private final List<Tag> tags = new ArrayList<>();
    private final Set<Integer> unclosed = new HashSet<>();
    private boolean hasOpenComment;

    /// Marks of emphasis that have not ended.
    private record Run(int start, char mark, int length) {}

    private record Tag(String name, int start, int end) {}

    private MarkdownSpans(String text, Set<String> labels) {
        this.text = text;
        this.labels = labels;
        this.chars = text.toCharArray();
        this.isDropped = new boolean[chars.length];
        this.isLiteral = new boolean[chars.length];
    }

    /// @param labels of links that are defined, in lower case
    static String plain(String text, Set<String> labels) {
        MarkdownSpans spans = new MarkdownSpans(text, labels);
        int i = 0;
        while (i < text.length()) {
            i = spans.read(i);
        }
        return spans.result();
    }

    /// Reads what is at `i` and returns where it goes on.
    private int read(int i) {
        return switch (chars[i]) {
            case '\\' -> escape(i);
            case '`' -> code(i);
            case '*', '_', '~' -> emphasis(i);
            case '[' -> {
                brackets.push(i);
                yield i + 1;
            }
            case ']' -> brackets.isEmpty() ? i + 1 : link(brackets.pop(), i);
            case '<' -> html(i);
            default -> i + 1;
        };
    }

    private int escape(int i) {
        if (i + 1 < chars.length && "*_`#~".indexOf(chars[i + 1]) >= 0) {
            drop(i, i + 1);
            return i + 2;
        }
        return i + 1;
    }

    private int code(int i) {
        int begin = runEnd(i);
        int length = begin - i;
        if (!unclosed.contains(length)) {
            for (int end = begin; end < chars.length; ) {
                if (chars[end] != '`') {
                    end++;
                } else if (runEnd(end) - end != length) {
                    end = runEnd(end);
                } else {
                    drop(i, begin);
                    keep(begin, end);
                    drop(end, end + length);
                    return end + length;
                }
            }
            unclosed.add(length);
        }
        return begin;
    }

    private int emphasis(int i) {
        int end = runEnd(i);
        int length = end - i;
        char mark = chars[i];
        if (mark == '~' ? length != 2 : length > 3) {
            return end;
        }
        int before = i == 0 ? ' ' : text.codePointBefore(i);
        int after = end == chars.length ? ' ' : text.codePointAt(end);
        if (!Character.isWhitespace(before) && !isWord(after) && close(new Run(i, mark, length))) {
            return end;
        }
        if (!Character.isWhitespace(after) && !isWord(before)) {
            open.add(new Run(i, mark, length));
        }
        return end;
    }

    /// Ends the emphasis that these marks end, with all that began within it.
    private boolean close(Run end) {
        for (int n = open.size() - 1; n >= 0; n--) {
            Run begin = open.get(n);
            if (begin.mark() == end.mark() && begin.length() == end.length()) {
                drop(begin.start(), begin.start() + begin.length());
                drop(end.start(), end.start() + end.length());
                open.subList(n, open.size()).clear();
                return true;
            }
        }
        return false;
    }

    /// `[text](target)`, an image, or a reference to a target that is defined.
    private int link(int begin, int end) {
        boolean isImage = begin > 0 && chars[begin - 1] == '!' && !isLiteral[begin - 1];
        int next = end + 1;
        if (isImage || !isIndex(begin)) {
            Matcher target = at(TARGET, next);
            Matcher reference = at(REFERENCE, next);
            boolean isLabel = !labels.isEmpty() && isDefined(text.substring(begin + 1, end));
            if (target.lookingAt()) {
                next = target.end();
            } else if (reference.lookingAt()
                    && (reference.group(1).isEmpty() ? isLabel : isDefined(reference.group(1)))) {
                next = reference.end();
            } else if (!isLabel) {
                return next;
            }
            drop(isImage ? begin - 1 : begin, begin + 1);
            drop(end, next);
        }
        return next;
    }

    private boolean isDefined(String label) {
        return labels.contains(label.toLowerCase(Locale.ROOT));
    }

    /// Whether a bracket stands where programs have the index of an array.
    private boolean isIndex(int bracket) {
        char before = bracket == 0 ? ' ' : chars[bracket - 1];
        return before == ')' || before == ']' || (before < 128 && Character.isLetterOrDigit(before));
    }

    private int html(int i) {
        Matcher found = at(AUTOLINK, i);
        if (found.lookingAt()) {
            drop(i, i + 1);
            keep(i + 1, found.end());
            drop(found.end() - 1, found.end());
            return found.end();
        }
        if (text.startsWith("<!--", i) && !hasOpenComment) {
            found = at(COMMENT, i);
            if (found.lookingAt()) {
                drop(i, found.end());
                return found.end();
            }
            hasOpenComment = true;
        }
        found = at(TAG, i);
        return found.lookingAt() ? tag(found) : i + 1;
    }

    private int tag(Matcher found) {
        String name = found.group(2).toLowerCase(Locale.ROOT);
        Tag tag = new Tag(name, found.start(), found.end());
        if (name.equals("img")) {
            Matcher alt = ALT.matcher(found.group(3));
            drop(tag.start(), tag.end());
            if (alt.find()) {
                int start = found.start(3) + Math.max(alt.start(1), alt.start(2));
                keep(start, start + alt.group(alt.start(1) < 0 ? 2 : 1).length());
            }
        } else if (HtmlText.isEmpty(name)) {
            blank(tag);
        } else if (found.group(1).isEmpty()) {
            tags.add(tag);
        } else {
            close(tag);
        }
        return tag.end();
    }

    private void close(Tag end) {
        for (int n = tags.size() - 1; n >= 0; n--) {
            if (tags.get(n).name().equals(end.name())) {
                take(tags.get(n));
                take(end);
                tags.subList(n, tags.size()).clear();
                return;
            }
        }
    }

    private void take(Tag tag) {
        if (HtmlText.isInline(tag.name())) {
            drop(tag.start(), tag.end());
        } else if (HtmlText.isBlock(tag.name())) {
            blank(tag);
        }
    }

    private void blank(Tag tag) {
        drop(tag.start(), tag.end());
        keep(tag.start(), tag.start() + 1);
        chars[tag.start()] = ' ';
    }

    private Matcher at(Pattern pattern, int i) {
        return pattern.matcher(text).region(i, text.length());
    }

    private void drop(int from, int to) {
        for (int i = from; i < to; i++) {
            isDropped[i] = true;
        }
    }

    /// As it is written, whatever it looks like.
    private void keep(int from, int to) {
        for (int i = from; i < to; i++) {
            isDropped[i] = false;
            isLiteral[i] = true;
        }
    }

    private int runEnd(int i) {
        int end = i;
        while (end < chars.length && chars[end] == chars[i]) {
            end++;
        }
        return end;
    }

    private static boolean isWord(int codePoint) {
        return Character.isLetterOrDigit(codePoint) && !Terms.isUnspaced(codePoint);
    }

    private String result() {
        StringBuilder result = new StringBuilder(chars.length);
        for (int i = 0; i < chars.length; i++) {
            if (chars[i] == '&' && !isDropped[i] && !isLiteral[i]) {
                Matcher entity = at(HtmlText.ENTITY, i);
                String decoded = entity.lookingAt() ? HtmlText.decoded(entity) : null;
                if (decoded != null) {
                    result.append(decoded);
                    i = entity.end() - 1;
                    continue;
                }
            }
            if (!isDropped[i]) {
                result.append(chars[i]);
            }
        }
        return result.toString();
    }
}
