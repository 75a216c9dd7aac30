package dev.chatkeep;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.impl.TimeBasedEpochGenerator;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Ids of chats and messages: 1 to 64 characters of `A-Z a-z 0-9 _ -`, chosen by the client or made here.
///
/// The set is that of stock AI SDK clients and of UUIDs; it needs no escaping in a URL, which proxies and
/// servlet containers treat differently.
public final class Ids {

    private static final Pattern VALID = Pattern.compile("[A-Za-z0-9_-]{1,64}");

    private static final Set<String> RESERVED = Set.of("deleted", "recent");

    private static final TimeBasedEpochGenerator UUIDS = Generators.timeBasedEpochGenerator();

    private Ids() {}

    /// Returns `id` when it is valid.
    ///
    /// @throws ChatkeepException.Invalid naming `field` when it is not
    public static String check(String field, String id) {
        if (!VALID.matcher(id).matches()) {
            throw ChatkeepException.Invalid.field(field, "An id has 1 to 64 characters out of A-Z, a-z, 0-9, _ and -.");
        }
        return id;
    }

    /// Returns `id` when it is valid, else null.
    public static @Nullable String orNull(String id) {
        return VALID.matcher(id).matches() ? id : null;
    }

    /// Returns `id` when it is valid for a chat that may be made: `deleted` and `recent` are not. They name lists of
    /// chats where chats are named.
    ///
    /// @throws ChatkeepException.Invalid naming `field` when it is not
    public static String checkChat(String field, String id) {
        if (RESERVED.contains(id)) {
            throw ChatkeepException.Invalid.field(field, "This id is reserved.");
        }
        return check(field, id);
    }

    /// A new id: a UUIDv7, so that ids made later sort later.
    public static String make() {
        return uuid().toString();
    }

    /// A new UUIDv7.
    public static UUID uuid() {
        return UUIDS.generate();
    }
}
