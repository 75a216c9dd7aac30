package dev.chatkeep.langchain4j;

/// The arguments of one tool call, in the pieces in which they come.
///
/// An empty object with which they begin is a placeholder where more follows: gateways that translate one protocol
/// into another send it before the true arguments. Arguments that are whole and come again are told once.
final class Arguments {

    private static final String PLACEHOLDER = "{}";

    private final StringBuilder text = new StringBuilder();
    private final Brackets brackets = new Brackets();

    boolean isBlank() {
        return text.isEmpty();
    }

    /// Whether nothing is missing that their brackets promise.
    boolean isWhole() {
        return !text.isEmpty() && !brackets.isOpen();
    }

    boolean isEqualTo(String other) {
        return CharSequence.compare(text, other) == 0;
    }

    /// Adds a piece; false when it only repeats what is there.
    boolean add(String piece) {
        if ((text.isEmpty() && piece.isBlank()) || (isWhole() && isEqualTo(piece))) {
            return false;
        }
        if (isPlaceholder() && !piece.isBlank()) {
            clear();
        }
        text.append(piece);
        for (int i = 0; i < piece.length(); i++) {
            brackets.take(piece.charAt(i));
        }
        return true;
    }

    /// Takes whole arguments, which replace whole ones that are there. Returns whether they are to be told as a piece.
    boolean addWhole(String json) {
        boolean replaces = isWhole() && !isPlaceholder() && !isEqualTo(json);
        if (replaces) {
            clear();
        }
        return add(json) && !replaces;
    }

    private boolean isPlaceholder() {
        return text.length() < 8 && text.toString().strip().equals(PLACEHOLDER);
    }

    private void clear() {
        text.setLength(0);
        brackets.reset();
    }

    @Override
    public String toString() {
        String whole = text.toString();
        String rest = whole.startsWith(PLACEHOLDER)
                ? whole.substring(PLACEHOLDER.length()).strip()
                : "";
        return rest.startsWith("{") ? rest : whole;
    }
}
