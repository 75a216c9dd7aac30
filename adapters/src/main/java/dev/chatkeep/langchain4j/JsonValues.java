package dev.chatkeep.langchain4j;

import org.jspecify.annotations.Nullable;

/// Cuts a text that comes line by line into its JSON objects. Each element of an outermost array is an object of its
/// own, so that a body which is one long array can be read as it comes.
final class JsonValues {

    private final StringBuilder begun = new StringBuilder();
    private final Brackets brackets = new Brackets();
    private boolean inArray;
    private String line = "";
    private int at;
    private String rest = "";

    /// Whether `text` can only be the beginning of an object, or of an array of objects.
    static boolean isStart(String text) {
        int first = firstVisible(text, 0);
        if (first == text.length()) {
            return false;
        }
        int second = firstVisible(text, first + 1);
        char next = second < text.length() ? text.charAt(second) : ' ';
        return switch (text.charAt(first)) {
            case '{' -> next == '"' || next == '}' || next == ' ';
            case '[' -> next == '{' || next == ']' || next == ' ';
            default -> false;
        };
    }

    private static int firstVisible(String text, int from) {
        int at = from;
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /// Whether an object or an array has begun and not ended.
    boolean isOpen() {
        return inArray || brackets.isOpen();
    }

    /// How much of an object is held until its end comes.
    int length() {
        return begun.length();
    }

    /// Takes a line; [#next()] then gives the objects that are whole with it.
    void take(String line) {
        this.line = line;
        at = 0;
    }

    boolean hasLine() {
        return !line.isEmpty();
    }

    /// The next object of the line; null when there is none.
    @Nullable
    String next() {
        int start = brackets.isOpen() ? at : -1;
        for (; at < line.length(); at++) {
            char c = line.charAt(at);
            if (start < 0) {
                if (c == '{') {
                    start = at;
                } else if (isBetween(c)) {
                    continue;
                } else {
                    break;
                }
            }
            brackets.take(c);
            if (!brackets.isOpen()) {
                String whole = begun.append(line, start, ++at).toString();
                begun.setLength(0);
                return whole;
            }
        }
        if (start >= 0) {
            begun.append(line, start, at).append('\n');
        } else if (at < line.length()) {
            inArray = false;
            rest = line.substring(at);
        }
        take("");
        return null;
    }

    /// What may stand between two objects; keeps account of the array.
    private boolean isBetween(char c) {
        if (c == '[' && !inArray) {
            inArray = true;
            return true;
        }
        if (c == ']' && inArray) {
            inArray = false;
            return true;
        }
        return c == ',' || Character.isWhitespace(c);
    }

    /// What followed the last object of the line and is part of none, once.
    String rest() {
        String text = rest;
        rest = "";
        return text;
    }

    /// Gives up what has begun, and returns it.
    String cut() {
        String cut = begun.toString();
        begun.setLength(0);
        brackets.reset();
        inArray = false;
        return cut;
    }
}
