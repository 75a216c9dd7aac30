package dev.chatkeep.run;

import dev.chatkeep.db.Json;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/// What can be read of JSON that was cut off, or is not JSON: exactly what an AI SDK client shows of the
/// arguments of an unfinished tool call (its `parsePartialJson`), so that what is stored is what was on the
/// screen. Versions of it differ in texts that end within an escape, which [ToldArguments] keeps from being
/// told.
///
/// One pass marks how far the text makes sense and what is open there; the rest is dropped, and what is open
/// closed.
final class PartialJson {

    private enum At {
        VALUE,
        END,
        STRING,
        ESCAPE,
        UNICODE_ESCAPE,
        NUMBER,
        WORD,
        OBJECT_START,
        KEY,
        COLON,
        MEMBER_VALUE,
        MEMBER_END,
        NEXT_KEY,
        ARRAY_START,
        ELEMENT_END,
        NEXT_ELEMENT
    }

    private static final String[] WORDS = {"true", "false", "null"};
    private static final int UNICODE_DIGITS = 4;

    private final String text;
    private final Deque<At> open = new ArrayDeque<>();
    private int good;
    private int wordStart;
    private int unicodeDigits;

    private PartialJson(String text) {
        this.text = text;
        open.push(At.VALUE);
    }

    /// The value; empty when nothing can be made of the text.
    static Optional<Json> read(String text) {
        Optional<Json> whole = ToolArguments.strict(text);
        return whole.isPresent() ? whole : ToolArguments.strict(new PartialJson(text).repaired());
    }

    private String repaired() {
        for (int i = 0; i < text.length(); i++) {
            take(text.charAt(i), i);
        }
        StringBuilder repaired = new StringBuilder(text.substring(0, good));
        for (At at : open) {
            repaired.append(closing(at));
        }
        return repaired.toString();
    }

    private String closing(At at) {
        return switch (at) {
            case STRING -> "\"";
            case OBJECT_START, KEY, COLON, MEMBER_VALUE, MEMBER_END, NEXT_KEY -> "}";
            case ARRAY_START, ELEMENT_END, NEXT_ELEMENT -> "]";
            case WORD -> restOfWord(text.substring(wordStart));
            case VALUE, END, ESCAPE, UNICODE_ESCAPE, NUMBER -> "";
        };
    }

    private void take(char c, int i) {
        switch (top()) {
            case VALUE -> value(c, i, At.END);
            case MEMBER_VALUE -> value(c, i, At.MEMBER_END);
            case NEXT_ELEMENT -> value(c, i, At.ELEMENT_END);
            case ARRAY_START -> {
                if (c == ']') {
                    close(i);
                } else {
                    value(c, i, At.ELEMENT_END);
                }
            }
            case OBJECT_START -> {
                if (c == '}') {
                    close(i);
                } else if (c == '"') {
                    go(At.KEY);
                }
            }
            case NEXT_KEY -> goOn(c, '"', At.KEY);
            case KEY -> goOn(c, '"', At.COLON);
            case COLON -> goOn(c, ':', At.MEMBER_VALUE);
            case MEMBER_END -> memberEnd(c, i);
            case ELEMENT_END -> {
                if (c != ',' && c != ']') {
                    accept(i);
                } else {
                    elementEnd(c, i);
                }
            }
            case STRING -> string(c, i);
            case ESCAPE -> escape(c, i);
            case UNICODE_ESCAPE -> unicodeEscape(c, i);
            case NUMBER -> number(c, i);
            case WORD -> word(c, i);
            case END -> {
                // What follows the value is dropped.
            }
        }
    }

    private At top() {
        At top = open.peek();
        return top == null ? At.END : top;
    }

    private void accept(int i) {
        good = i + 1;
    }

    private void close(int i) {
        accept(i);
        open.pop();
    }

    private void go(At to) {
        open.pop();
        open.push(to);
    }

    private void goOn(char c, char expected, At to) {
        if (c == expected) {
            go(to);
        }
    }

    /// @param then what follows the value that begins here
    private void value(char c, int i, At then) {
        At kind = switch (c) {
            case '"' -> At.STRING;
            case 't', 'f', 'n' -> At.WORD;
            case '{' -> At.OBJECT_START;
            case '[' -> At.ARRAY_START;
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> At.NUMBER;
            default -> At.END;
        };
        if (kind == At.END) {
            return;
        }
        if (c != '-') {
            accept(i);
        }
        wordStart = i;
        go(then);
        open.push(kind);
    }

    private void memberEnd(char c, int i) {
        if (c == ',') {
            go(At.NEXT_KEY);
        } else if (c == '}') {
            close(i);
        }
    }

    private void elementEnd(char c, int i) {
        if (c == ',') {
            go(At.NEXT_ELEMENT);
        } else if (c == ']') {
            close(i);
        }
    }

    private void string(char c, int i) {
        if (c == '"') {
            close(i);
        } else if (c == '\\') {
            open.push(At.ESCAPE);
        } else {
            accept(i);
        }
    }

    private void escape(char c, int i) {
        open.pop();
        if (c == 'u') {
            unicodeDigits = 0;
            open.push(At.UNICODE_ESCAPE);
        } else {
            accept(i);
        }
    }

    private void unicodeEscape(char c, int i) {
        if (Character.digit(c, 16) >= 0 && c < 128 && ++unicodeDigits == UNICODE_DIGITS) {
            close(i);
        }
    }

    private void number(char c, int i) {
        switch (c) {
            case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> accept(i);
            case 'e', 'E', '-', '.' -> {
                // Only with a digit behind it.
            }
            default -> {
                open.pop();
                endNumber(c, i);
            }
        }
    }

    private void endNumber(char c, int i) {
        if (top() == At.ELEMENT_END && (c == ',' || c == ']')) {
            elementEnd(c, i);
        } else if (top() == At.MEMBER_END && (c == ',' || c == '}')) {
            memberEnd(c, i);
        }
    }

    private void word(char c, int i) {
        if (isBeginningOfWord(text.substring(wordStart, i + 1))) {
            accept(i);
            return;
        }
        open.pop();
        if (top() == At.MEMBER_END) {
            memberEnd(c, i);
        } else if (top() == At.ELEMENT_END) {
            elementEnd(c, i);
        }
    }

    private static boolean isBeginningOfWord(String beginning) {
        for (String word : WORDS) {
            if (word.startsWith(beginning)) {
                return true;
            }
        }
        return false;
    }

    private static String restOfWord(String beginning) {
        for (String word : WORDS) {
            if (word.startsWith(beginning)) {
                return word.substring(beginning.length());
            }
        }
        return "";
    }
}
