package dev.chatkeep.langchain4j;

/// How deep in brackets a JSON text is, told character by character. Whether the text is well-formed is for a parser
/// to say.
final class Brackets {

    private int depth;
    private boolean inString;
    private boolean escaped;

    void take(char c) {
        if (inString) {
            takeInString(c);
            return;
        }
        switch (c) {
            case '"' -> inString = true;
            case '{', '[' -> depth++;
            case '}', ']' -> depth--;
            default -> {}
        }
    }

    private void takeInString(char c) {
        if (escaped) {
            escaped = false;
        } else if (c == '\\') {
            escaped = true;
        } else if (c == '"') {
            inString = false;
        }
    }

    boolean isOpen() {
        return inString || depth > 0;
    }

    void reset() {
        depth = 0;
        inString = false;
        escaped = false;
    }
}
