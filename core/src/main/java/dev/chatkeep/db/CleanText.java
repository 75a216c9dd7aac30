package dev.chatkeep.db;

/// Makes text storable: PostgreSQL's jsonb refuses NUL, and a surrogate without its other half has no UTF-8
/// form. Both become U+FFFD. An instance does so for text that comes in pieces, and joins a pair that was split
/// over two of them.
public final class CleanText {

    private static final char REPLACEMENT = '\uFFFD';

    private char pendingHigh;

    /// The piece as it may be stored; a trailing high surrogate is held back for the next piece.
    public String next(String piece) {
        String text = pendingHigh == 0 ? piece : pendingHigh + piece;
        pendingHigh = 0;
        if (!text.isEmpty() && Character.isHighSurrogate(text.charAt(text.length() - 1))) {
            pendingHigh = text.charAt(text.length() - 1);
            text = text.substring(0, text.length() - 1);
        }
        return of(text);
    }

    /// A whole text, cleaned.
    public static String of(String text) {
        return text.indexOf(0) < 0 && !hasLoneSurrogate(text) ? text : replace(text);
    }

    public static boolean hasLoneSurrogate(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (!isPair(text, i)) {
                    return true;
                }
                i++;
            }
        }
        return false;
    }

    private static String replace(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isPair(text, i)) {
                clean.append(c).append(text.charAt(++i));
            } else {
                clean.append(c == 0 || Character.isSurrogate(c) ? REPLACEMENT : c);
            }
        }
        return clean.toString();
    }

    private static boolean isPair(String text, int i) {
        return i + 1 < text.length() && Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1));
    }
}
