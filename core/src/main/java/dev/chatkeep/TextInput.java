package dev.chatkeep;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.db.CleanText;

/// Short texts from outside, such as titles and names of models, held to what can be stored: PostgreSQL has no NUL,
/// and half a surrogate pair has no UTF-8 form.
public final class TextInput {

    private TextInput() {}

    /// Returns `text` when it can be stored.
    ///
    /// @throws Invalid naming `field` when it cannot
    public static String check(String field, String text) {
        if (!CleanText.of(text).equals(text)) {
            throw Invalid.field(field, "Text without NUL, and without half a surrogate pair.");
        }
        return text;
    }

    /// Returns `text` when it can be stored and has at most `length` characters, as Unicode counts them.
    ///
    /// @throws Invalid naming `field` when it does not
    public static String check(String field, String text, int length) {
        if (text.codePointCount(0, text.length()) > length) {
            throw Invalid.field(field, "At most " + length + " characters.");
        }
        return check(field, text);
    }
}
