package dev.chatkeep.payment;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How many free messages a user has.
///
/// @param limit within a window; null means any number
/// @param window begins with the first message in it; null means that it never ends
public record FreeMessagePolicy(
        @Nullable Integer limit, @Nullable Duration window) {

    /// Any number.
    public static final FreeMessagePolicy UNLIMITED = new FreeMessagePolicy(null, null);

    public FreeMessagePolicy {
        if (limit != null && limit < 0) {
            throw new IllegalArgumentException("a limit of free messages is 0 or more");
        }
        if (window != null && window.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("a window of free messages is a second or more");
        }
    }

    /// The parameters `limit` and `window` (seconds) of statements about free messages.
    public Map<String, Object> parameters() {
        var parameters = new HashMap<String, Object>();
        parameters.put("limit", limit);
        parameters.put("window", window == null ? null : window.toSeconds());
        return parameters;
    }
}
