package dev.chatkeep.server;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The names of all settings, as [Settings] has them: `chatkeep.data-dir`, `chatkeep.models[0].id`,
/// `chatkeep.payments.headers.*`. A name is compared as Spring Boot binds it: `dataDir` and `data_dir` are
/// `data-dir`, and so are the variables `CHATKEEP_DATADIR` and `CHATKEEP_DATA_DIR`.
final class KnownSettings {

    private static final String ROOT = "chatkeep";
    private static final Pattern CAPITAL = Pattern.compile("(?<=[a-z])(?=[A-Z])");
    private static final Pattern INDEX = Pattern.compile("\\[\\d+]");
    private static final Pattern PUNCTUATION = Pattern.compile("[^a-z0-9*]");
    private static final String ANY_INDEX = "[*]";

    private final List<Name> names = new ArrayList<>();

    KnownSettings() {
        add(new Name(ROOT, ROOT, "CHATKEEP", false), Settings.class);
    }

    /// @param name as it is documented
    /// @param property fits it as a property, in lower case and without dashes
    /// @param variable fits it as a variable of the environment
    /// @param hasValue whether it may have a value of its own; without one it may be empty, as `models: []` is
    private record Name(String name, String property, String variable, boolean hasValue) {

        Name child(RecordComponent component) {
            String word = CAPITAL.matcher(component.getName()).replaceAll("-").toLowerCase(Locale.ROOT);
            return new Name(
                    name + "." + word,
                    property + "\\." + word.replace("-", ""),
                    variable + "_" + word.toUpperCase(Locale.ROOT).replace("-", "_?"),
                    false);
        }

        Name element() {
            return new Name(name + ANY_INDEX, property + "\\[\\d+]", variable + "_\\d+", false);
        }

        Name below() {
            return new Name(name + ".*", property + "[.\\[].+", variable + "_.+", true);
        }

        Name withValue() {
            return new Name(name, property, variable, true);
        }

        boolean fits(String asked, String value, String pattern) {
            return (hasValue || value.isBlank()) && asked.matches(pattern);
        }
    }

    private void add(Name name, Type type) {
        if (type instanceof ParameterizedType generic && generic.getRawType() == List.class) {
            Type element = generic.getActualTypeArguments()[0];
            names.add(isRecord(element) ? name : name.withValue());
            add(name.element(), element);
        } else if (type instanceof ParameterizedType generic && generic.getRawType() == Map.class) {
            names.add(name);
            names.add(name.below());
        } else if (isRecord(type)) {
            names.add(name);
            for (RecordComponent component : ((Class<?>) type).getRecordComponents()) {
                add(name.child(component), component.getGenericType());
            }
        } else {
            names.add(name.withValue());
        }
    }

    private static boolean isRecord(Type type) {
        return type instanceof Class<?> someClass && someClass.isRecord();
    }

    /// @param property in lower case and without dashes, indexes in brackets
    boolean hasProperty(String property, String value) {
        return names.stream().anyMatch(name -> name.fits(property, value, name.property()));
    }

    /// @param variable in upper case
    boolean hasVariable(String variable, String value) {
        return names.stream().anyMatch(name -> name.fits(variable, value, name.variable()));
    }

    /// The setting whose name differs least, if it is by two letters or every third.
    Optional<String> nearest(String asked) {
        String bare = bare(asked);
        int most = Math.max(2, bare.length() / 3);
        return names.stream()
                .filter(Name::hasValue)
                .map(Name::name)
                .filter(name -> distance(bare, bare(name)) <= most)
                .min(Comparator.comparingInt((String name) -> distance(bare, bare(name)))
                        .thenComparing(Comparator.naturalOrder()))
                .map(name -> withIndexes(name, asked));
    }

    /// How a setting is written as a variable.
    static String variable(String name) {
        return name.replace("]", "").replaceAll("[\\[.-]", "_").toUpperCase(Locale.ROOT);
    }

    private static String bare(String name) {
        String lower = INDEX.matcher(name.toLowerCase(Locale.ROOT)).replaceAll("");
        String letters = PUNCTUATION.matcher(lower).replaceAll("").replace("*", "");
        return letters.startsWith(ROOT) ? letters.substring(ROOT.length()) : letters;
    }

    private static String withIndexes(String name, String asked) {
        String filled = name;
        Matcher index = INDEX.matcher(asked);
        while (filled.contains(ANY_INDEX)) {
            filled = filled.replaceFirst(Pattern.quote(ANY_INDEX), index.find() ? index.group() : "[0]");
        }
        return filled;
    }

    /// How many letters have to be put in, taken out or replaced (Levenshtein).
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int replaced = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }
}
