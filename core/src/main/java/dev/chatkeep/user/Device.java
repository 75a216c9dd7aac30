package dev.chatkeep.user;

import dev.chatkeep.db.CleanText;
import org.jspecify.annotations.Nullable;

/// What a client says of itself when it signs in, for its user to recognize the session by. Whatever it is, it
/// is cut and cleaned until it can be stored: no sign-in fails for it.
///
/// @param name such as a `User-Agent`
/// @param address the network address it came from
public record Device(@Nullable String name, @Nullable String address) {

    public static final Device UNKNOWN = new Device(null, null);

    private static final int NAME_LENGTH = 256;
    private static final int ADDRESS_LENGTH = 64;

    public Device {
        name = cut(name, NAME_LENGTH);
        address = cut(address, ADDRESS_LENGTH);
    }

    private static @Nullable String cut(@Nullable String text, int length) {
        if (text == null || text.isBlank()) {
            return null;
        }
        int end = text.offsetByCodePoints(0, Math.min(length, text.codePointCount(0, text.length())));
        return CleanText.of(text.substring(0, end));
    }
}
