package dev.chatkeep.chat;

import dev.chatkeep.db.Terms;
import java.text.BreakIterator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Titles of chats: how one is made, and how it is found.
///
/// The title a chat gets from its first message is the text with whitespace folded, cut to 50 characters as a
/// reader counts them (graphemes), at a word's end where there is one, plus an ellipsis.
public final class Titles {

    static final int LENGTH = 50;

    /// However few graphemes they are: one may have any number of combining marks.
    private static final int MOST_CHARS = 1_000;

    /// More of a text is not looked at.
    private static final int MOST_READ = 10_000;

    /// A cut at a word's end may not throw away more than this share of the room.
    private static final int LEAST = LENGTH * 3 / 5;

    private static final Pattern SPACES = Pattern.compile("[\\s\\p{Z}\\p{Cc}]+");

    /// Writes what a title is found by: `insert ... select`, to be followed by its source and [#UPSERT].
    public static final String INSERT = """
            insert into chatkeep.chat_title (user_id, chat_id, folded, terms)
            select :user, :chat, :folded, array_to_tsvector(:terms::text[])""";

    public static final String UPSERT = """
            on conflict (user_id, chat_id) do update set folded = excluded.folded, terms = excluded.terms""";

    private Titles() {}

    /// The parameters `folded` and `terms` of [#INSERT].
    public static Map<String, String> parameters(UUID userId, @Nullable String title) {
        String text = title == null ? "" : title;
        return Map.of("folded", Terms.fold(text).strip(), "terms", Terms.array(userId, text));
    }

    /// The title for this text; empty when the text says nothing.
    public static Optional<String> of(String text) {
        String beginning = text.strip();
        String folded = SPACES.matcher(beginning.substring(0, Math.min(MOST_READ, beginning.length())))
                .replaceAll(" ")
                .strip();
        if (folded.isEmpty()) {
            return Optional.empty();
        }
        BreakIterator graphemes = BreakIterator.getCharacterInstance(Locale.ROOT);
        graphemes.setText(folded);
        int end = graphemes.next(LENGTH);
        if (end == BreakIterator.DONE ? folded.length() > MOST_CHARS : end > MOST_CHARS) {
            graphemes.last();
            int border = graphemes.preceding(MOST_CHARS);
            return Optional.of(folded.substring(0, border > 0 ? border : MOST_CHARS) + "\u2026");
        }
        if (end == BreakIterator.DONE || end == folded.length()) {
            return Optional.of(folded);
        }
        graphemes.first();
        int least = graphemes.next(LEAST);
        return Optional.of(folded.substring(0, wordEnd(folded, least, end)).strip() + "\u2026");
    }

    private static int wordEnd(String text, int least, int end) {
        if (text.charAt(end) == ' ') {
            return end;
        }
        int space = text.lastIndexOf(' ', end - 1);
        return space >= least ? space : end;
    }
}
