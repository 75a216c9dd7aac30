package dev.chatkeep.chat;

import dev.chatkeep.db.Terms;
import dev.chatkeep.db.VisibleText;
import java.text.BreakIterator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Titles of chats: how one is made, and how it is found.
///
/// The title a chat gets from its first message with a visible character is the text without the marks of Markdown,
/// with whitespace folded, cut to 50 characters as a reader counts them (graphemes), at a word's end where there is
/// one, plus an ellipsis.
public final class Titles {

    static final int LENGTH = 50;

    /// However few graphemes they are: one may have any number of combining marks.
    private static final int MOST_CHARS = 1_000;

    /// More of a text is not looked at.
    private static final int MOST_READ = 10_000;

    /// A cut at a word's end may not throw away more than this share of the room.
    private static final int LEAST = LENGTH * 3 / 5;

    /// Hangul fillers and the Braille pattern without dots among them.
    private static final Pattern SPACES =
            Pattern.compile("[\\s\\p{Z}\\p{Cc}\\x{115F}\\x{1160}\\x{3164}\\x{FFA0}\\x{2800}]+");

    /// What has no shape and gives none to its neighbours: direction marks, soft hyphens, byte order marks. Joiners,
    /// variation selectors and tags are parts of emoji and of words.
    private static final Pattern SHAPELESS = Pattern.compile("[" + VisibleText.IGNORABLE
            + "&&[^\\x{200C}\\x{200D}\\x{17B4}\\x{17B5}\\x{180B}-\\x{180D}\\x{180F}\\x{FE00}-\\x{FE0F}"
            + "\\x{E0020}-\\x{E007F}\\x{E0100}-\\x{E01EF}]]+");

    private static final Pattern BEGINNING = Pattern.compile("^[\\s" + VisibleText.IGNORABLE + "]+");

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

    /// The title for this text; empty when nothing of the text is visible.
    public static Optional<String> of(String text) {
        String stripped = text.strip();
        String beginning = stripped.substring(0, Math.min(MOST_READ, stripped.length()));
        String plain = folded(Markdown.plain(beginning));
        String folded = VisibleText.isVisible(plain) ? plain : folded(beginning);
        return VisibleText.isVisible(folded) ? Optional.of(cut(folded)) : Optional.empty();
    }

    private static String folded(String text) {
        String spaced = SPACES.matcher(text).replaceAll(" ");
        String shaped = SHAPELESS.matcher(spaced).replaceAll("");
        return BEGINNING.matcher(shaped).replaceFirst("").strip();
    }

    private static String cut(String folded) {
        BreakIterator graphemes = BreakIterator.getCharacterInstance(Locale.ROOT);
        graphemes.setText(folded);
        int end = graphemes.next(LENGTH);
        if (end == BreakIterator.DONE ? folded.length() > MOST_CHARS : end > MOST_CHARS) {
            graphemes.last();
            int border = graphemes.preceding(MOST_CHARS);
            return folded.substring(0, border > 0 ? border : MOST_CHARS) + "\u2026";
        }
        if (end == BreakIterator.DONE || end == folded.length()) {
            return folded;
        }
        graphemes.first();
        int least = graphemes.next(LEAST);
        return folded.substring(0, wordEnd(folded, least, end)).strip() + "\u2026";
    }

    private static int wordEnd(String text, int least, int end) {
        if (text.charAt(end) == ' ') {
            return end;
        }
        int space = text.lastIndexOf(' ', end - 1);
        return space >= least ? space : end;
    }
}
