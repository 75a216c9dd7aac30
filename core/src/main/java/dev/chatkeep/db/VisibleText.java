package dev.chatkeep.db;

import java.util.regex.Pattern;

/// What a reader sees of a text, by the properties of Unicode.
public final class VisibleText {

    /// A character class of the property Default_Ignorable_Code_Point, which the JDK does not have: format characters
    /// but those with a shape of their own, variation selectors, and the few of Other_Default_Ignorable_Code_Point.
    public static final String IGNORABLE = "[\\p{Cf}\\x{034F}\\x{115F}\\x{1160}\\x{17B4}\\x{17B5}\\x{180B}-\\x{180F}"
            + "\\x{2065}\\x{3164}\\x{FE00}-\\x{FE0F}\\x{FFA0}\\x{FFF0}-\\x{FFF8}\\x{E0000}-\\x{E0FFF}"
            + "&&[^\\x{0600}-\\x{0605}\\x{06DD}\\x{070F}\\x{0890}\\x{0891}\\x{08E2}\\x{FFF9}-\\x{FFFB}\\x{110BD}"
            + "\\x{110CD}\\x{13430}-\\x{1343F}]]";

    /// Spaces, controls, marks without a base, and two symbols that are blank: a Braille pattern without dots, and a
    /// note without a head.
    private static final Pattern UNSEEN =
            Pattern.compile("[\\s\\p{Z}\\p{Cc}\\p{Cf}\\p{Cs}\\p{M}\\x{2800}\\x{1D159}" + IGNORABLE + "]*+");

    private VisibleText() {}

    /// Whether there is at least one visible character.
    public static boolean isVisible(String text) {
        return !UNSEEN.matcher(text).matches();
    }
}
