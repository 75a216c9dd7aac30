package dev.chatkeep.db;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.SequencedSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What a text is found by, in any script: words in lower case without accents; runs of scripts that are
/// written without spaces (Han, Kana, Hangul, Thai and their neighbours) as their pairs of neighbouring
/// characters and the last one alone.
///
/// The same folding is applied to what is stored and to what is searched for. Each term begins with its user's
/// key: an index of terms then holds one user's together, and a search does not meet the words of others.
public final class Terms {

    private static final int LONGEST = 64;
    private static final int MOST_QUERY_TERMS = 16;
    /// Accents, and what is not seen: a word is found with and without soft hyphens, joiners and direction marks.
    private static final Pattern MARKS = Pattern.compile("[\\p{Mn}" + VisibleText.IGNORABLE + "]+");
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}\\p{M}]+");
    private static final Pattern UNSPACED = Pattern.compile("[\\p{IsHan}\\p{IsHiragana}\\p{IsKatakana}\\p{IsHangul}"
            + "\\p{IsThai}\\p{IsLao}\\p{IsKhmer}\\p{IsMyanmar}]+");

    private Terms() {}

    /// The text as it is compared: lower case; compatibility forms, accents, and what has no shape are gone.
    public static String fold(String text) {
        String decomposed = Normalizer.normalize(text, Normalizer.Form.NFKD);
        String bare = MARKS.matcher(decomposed).replaceAll("");
        // Composed again, or a Hangul syllable would be found by any of its letters.
        return Normalizer.normalize(bare, Normalizer.Form.NFC)
                .toLowerCase(Locale.ROOT)
                .replace("ß", "ss")
                .replace('ø', 'o')
                .replace('ł', 'l')
                .replace('đ', 'd')
                .replace('ı', 'i')
                .replace("æ", "ae")
                .replace("œ", "oe")
                .replace('ς', 'σ');
    }

    /// Whether this character is of a script that is written without spaces.
    public static boolean isUnspaced(int codePoint) {
        return UNSPACED.matcher(Character.toString(codePoint)).matches();
    }

    /// The terms of a user's text to be stored, as an array literal of PostgreSQL.
    public static String array(UUID userId, String text) {
        String key = key(userId);
        return of(text).stream().map(term -> key + term).collect(Collectors.joining(",", "{", "}"));
    }

    /// The end of the id, which is its random part. Two users of one key are still told apart by their rows.
    private static String key(UUID userId) {
        return userId.toString().substring(24);
    }

    static SequencedSet<String> of(String text) {
        var terms = new LinkedHashSet<String>();
        for (String word : words(text)) {
            Matcher unspaced = UNSPACED.matcher(word);
            int end = 0;
            while (unspaced.find()) {
                add(terms, word.substring(end, unspaced.start()));
                pairs(terms, unspaced.group());
                end = unspaced.end();
            }
            add(terms, word.substring(end));
        }
        return terms;
    }

    /// The `tsquery` that finds the user's texts with all these words, each also as the beginning of a longer
    /// one; empty when the text has no word. Nothing in the text is an operator.
    public static String query(UUID userId, String text) {
        return query(userId, text, ":*");
    }

    /// The same for whole words.
    public static String wholeQuery(UUID userId, String text) {
        return query(userId, text, "");
    }

    private static String query(UUID userId, String text, String suffix) {
        String key = key(userId);
        return words(text).stream()
                .flatMap(word -> queryTerms(word).stream())
                .limit(MOST_QUERY_TERMS)
                .map(term -> "'" + key + term + "'" + suffix)
                .collect(Collectors.joining(" & "));
    }

    private static List<String> words(String text) {
        return WORD.matcher(fold(text)).results().map(match -> match.group()).toList();
    }

    /// A single character of an unspaced script is the beginning of a pair; of a longer run the pairs are
    /// enough.
    private static List<String> queryTerms(String word) {
        var terms = new ArrayList<String>();
        Matcher unspaced = UNSPACED.matcher(word);
        int end = 0;
        while (unspaced.find()) {
            add(terms, word.substring(end, unspaced.start()));
            var run = new ArrayList<String>();
            pairs(run, unspaced.group());
            terms.addAll(run.size() > 1 ? run.subList(0, run.size() - 1) : run);
            end = unspaced.end();
        }
        add(terms, word.substring(end));
        return terms;
    }

    private static void pairs(Collection<String> terms, String run) {
        int[] characters = run.codePoints().toArray();
        for (int i = 0; i < characters.length; i++) {
            add(terms, new String(characters, i, Math.min(2, characters.length - i)));
        }
    }

    private static void add(Collection<String> terms, String term) {
        if (!term.isEmpty()) {
            int length = Math.min(LONGEST, term.codePointCount(0, term.length()));
            terms.add(term.substring(0, term.offsetByCodePoints(0, length)));
        }
    }
}
