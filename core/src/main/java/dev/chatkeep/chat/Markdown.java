package dev.chatkeep.chat;

import dev.chatkeep.db.VisibleText;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Takes the marks of Markdown out of a text, for a title: headings, lists, quotes, tables, rules and fences here,
/// and what stands within a line in [MarkdownSpans].
///
/// It is made for texts that people type, where most of what looks like a mark is none: it rather leaves a mark than
/// takes a word. So a single `1.` at a line's beginning is an ordinal, and a pipe outside of a table a pipe.
final class Markdown {

    private static final Pattern FENCE = Pattern.compile("\\s*(`{3,}(?=[^`]*$)|~{3,}).*");
    private static final Pattern TABLE_RULE = Pattern.compile("\\s*\\|?\\s*:?-+:?\\s*(?:\\|\\s*:?-+:?\\s*)*+\\|?\\s*");
    private static final Pattern DEFINITION =
            Pattern.compile("\\s{0,3}\\[([^\\[\\]]+)]:\\s+(?:<|/|#|www\\.|\\w+:)\\S*(?:\\s.*)?");
    private static final Pattern ORDINAL = Pattern.compile("\\s*\\d{1,9}[.)]\\s+");
    private static final Pattern QUOTE = Pattern.compile("\\s*>(?!=)");
    private static final Pattern BULLET = Pattern.compile("\\s*[-*+]\\s+");
    private static final Pattern TASK = Pattern.compile("\\s*\\[[ xX]]\\s+");
    private static final Pattern HEADING = Pattern.compile("\\s*#{1,6}\\s+");
    private static final Pattern HEADING_END = Pattern.compile("\\s+#+\\s*$");
    private static final Pattern SPACES = Pattern.compile("\\s+");
    private static final Pattern PIPE = Pattern.compile("(?<!\\\\)\\|");

    private final List<String> lines;
    private final boolean isNumbered;
    private final Set<String> labels = new HashSet<>();
    private final StringBuilder prose = new StringBuilder();
    private final StringBuilder code = new StringBuilder();
    private String fence = "";
    private boolean inTable;

    private Markdown(String text) {
        this.lines = text.lines().toList();
        this.isNumbered =
                lines.stream().filter(line -> ORDINAL.matcher(line).lookingAt()).count() > 1;
    }

    /// The words of a text; those of its code blocks only when there are no others.
    static String plain(String text) {
        Markdown markdown = new Markdown(text);
        for (int i = 0; i < markdown.lines.size(); i++) {
            markdown.read(i);
        }
        String words = MarkdownSpans.plain(markdown.prose.toString(), markdown.labels);
        return VisibleText.isVisible(words) ? words : markdown.code.toString();
    }

    private void read(int i) {
        String line = lines.get(i);
        if (!fence.isEmpty()) {
            readCode(line);
            return;
        }
        String content = content(line);
        Matcher begin = FENCE.matcher(content);
        Matcher definition = DEFINITION.matcher(content);
        if (begin.matches()) {
            fence = begin.group(1);
        } else if (definition.matches()) {
            labels.add(definition.group(1).toLowerCase(Locale.ROOT));
        } else if (!isRule(content) && !isTableRule(i)) {
            inTable = content.contains("|") && (inTable || isTableRule(i + 1));
            prose.append(inTable ? PIPE.matcher(content).replaceAll(" ") : content)
                    .append('\n');
        }
    }

    private void readCode(String line) {
        String end = line.strip();
        if (end.length() >= fence.length() && end.chars().allMatch(c -> c == fence.charAt(0))) {
            fence = "";
        } else {
            code.append(line).append('\n');
        }
    }

    /// A line across the text, or below a heading.
    private static boolean isRule(String line) {
        String marks = line.strip();
        String dense = SPACES.matcher(marks).replaceAll("");
        if (dense.isEmpty() || dense.chars().anyMatch(c -> c != dense.charAt(0))) {
            return false;
        }
        return switch (dense.charAt(0)) {
            case '=' -> dense.equals(marks);
            case '-' -> dense.equals(marks) || dense.length() > 2;
            case '*', '_' -> dense.length() > 2;
            default -> false;
        };
    }

    private boolean isTableRule(int i) {
        return i < lines.size()
                && lines.get(i).contains("|")
                && TABLE_RULE.matcher(lines.get(i)).matches();
    }

    /// A line without what says which block it is of, however deep that is nested.
    private String content(String line) {
        String content = line;
        String before;
        do {
            before = content;
            content = without(QUOTE, content);
            content = isRule(content) ? content : without(BULLET, content);
            content = isNumbered ? without(ORDINAL, content) : content;
            content = content.length() < before.length() ? without(TASK, content) : content;
        } while (content.length() < before.length());
        Matcher heading = HEADING.matcher(content);
        return heading.lookingAt()
                ? HEADING_END.matcher(content.substring(heading.end())).replaceFirst("")
                : content;
    }

    private static String without(Pattern mark, String line) {
        Matcher found = mark.matcher(line);
        return found.lookingAt() ? line.substring(found.end()) : line;
    }
}
