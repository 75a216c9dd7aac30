package dev.chatkeep.db;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.SequencedSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What a text is found by, in any script: words in lower case without accents; runs of scripts that are written
/// without
/// spaces (Han, Kana, Hangul, Thai and their neighbours) as their pairs of neighbouring characters and the last one
/// alone.
///
/// The same folding is applied to what is stored and to what is searched for.
public final class Terms {

    private static final int LONGEST = 64;
    private static final int MOST_QUERY_TERMS = 16;
    private static final Pattern MARKS = Pattern.compile("\\p{Mn}+");
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}\\p{M}]+");
    private static final Pattern UNSPACED = Pattern.compile("[\\p{IsHan}\\p{IsHiragana}\\p{IsKatakana}\\p{IsHangul}"
            + "\\p{IsThai}\\p{IsLao}\\p{IsKhmer}\\p{IsMyanmar}]+");

    private Terms() {}

    /// The text as it is compared: lower case, compatibility forms and accents gone.
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

    /// The terms of a text to be stored.
    public static SequencedSet<String> of(String text) {
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

    /// The `tsquery` that finds texts with all these words, each also as the beginning of a longer one; empty
    /// when the text has no word. Nothing in the text is an operator.
    public static String query(String text) {
        return words(text).stream()
                .flatMap(word -> queryTerms(word).stream())
                .limit(MOST_QUERY_TERMS)
                .map(term -> "'" + term + "':*")
                .collect(Collectors.joining(" & "));
    }

    private static List<String> words(String text) {
        return WORD.matcher(fold(text)).results().map(match -> match.group()).toList();
    }

    /// A single character of an unspaced script is the beginning of a pair; of a longer run the pairs are enough.
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
