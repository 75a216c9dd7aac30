package dev.chatkeep.run;

import dev.chatkeep.JsonInput;

/// The arguments of one tool call, as far as they are told while they come. Clients read what they have of
/// them, and must read what is stored in the end, whatever becomes of the call. So an escape is told when it
/// is whole, since versions differ in what they read of half of one, and a number too, since a part of it is
/// another number. Nothing is told from the first of them that is none or cannot be stored, or from where the
/// text is nested deeper than can be stored.
final class ToldArguments {

    private static final int UNICODE_LENGTH = 6;
    private static final int MAX_NUMBER_LENGTH = 400;
    private static final String IN_NUMBER = "0123456789+-.eE";
    private static final int NOT_YET = 0;
    private static final int NEVER = -1;

    private String held = "";
    private boolean isInString;
    private int depth;
    private boolean isOver;

    /// The piece as it may be told, with what was held back before.
    String next(String piece) {
        String text = held + piece;
        int end = 0;
        int length = isOver ? NEVER : NOT_YET;
        while (end < text.length() && !isOver) {
            length = token(text, end);
            if (length <= 0) {
                break;
            }
            end += length;
        }
        isOver |= length == NEVER;
        held = isOver ? "" : text.substring(end);
        return text.substring(0, end);
    }

    /// @return the length of what may be told from here on; or one of [#NOT_YET] and [#NEVER]
    private int token(String text, int at) {
        char c = text.charAt(at);
        if (c == '\\') {
            return escape(text, at);
        }
        if (c == '"') {
            isInString = !isInString;
        } else if (isInString) {
            return 1;
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            return number(text, at);
        } else if (c == '{' || c == '[') {
            if (depth == JsonInput.DEPTH) {
                return NEVER;
            }
            depth++;
        } else if (c == '}' || c == ']') {
            depth--;
        }
        return 1;
    }

    private static int number(String text, int at) {
        int end = at + 1;
        while (end < text.length() && IN_NUMBER.indexOf(text.charAt(end)) >= 0) {
            end++;
        }
        if (end - at > MAX_NUMBER_LENGTH) {
            return NEVER;
        }
        if (end == text.length()) {
            return NOT_YET;
        }
        return ToolArguments.strict(text.substring(at, end)).isPresent() ? end - at : NEVER;
    }

    private static int escape(String text, int at) {
        if (at + 1 == text.length()) {
            return NOT_YET;
        }
        char kind = text.charAt(at + 1);
        if (kind != 'u') {
            return "\"\\/bfnrt".indexOf(kind) < 0 ? NEVER : 2;
        }
        int length = unicode(text, at);
        if (length <= 0 || !Character.isSurrogate(character(text, at))) {
            return length;
        }
        int next = at + length;
        int second = unicode(text, next);
        if (second <= 0) {
            return second;
        }
        return Character.isSurrogatePair(character(text, at), character(text, next)) ? length + second : NEVER;
    }

    /// Whether an escape with four digits stands here.
    private static int unicode(String text, int at) {
        for (int i = 0; i < UNICODE_LENGTH; i++) {
            if (at + i == text.length()) {
                return NOT_YET;
            }
            char c = text.charAt(at + i);
            boolean isExpected = i == 0 ? c == '\\' : i == 1 ? c == 'u' : c < 128 && Character.digit(c, 16) >= 0;
            if (!isExpected) {
                return NEVER;
            }
        }
        return UNICODE_LENGTH;
    }

    private static char character(String text, int at) {
        return (char) Integer.parseInt(text, at + 2, at + UNICODE_LENGTH, 16);
    }
}
