package dev.chatkeep.payment;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How many free messages a user has.
///
/// Guests and new accounts cost nothing to make. Those of one network therefore share a number of free
/// messages, unless an admin gave them a limit of their own.
///
/// @param limit of a user within a window; null means any number
/// @param window begins with the first message in it; null means that it never ends
/// @param perNetwork of all guests and new accounts of one network together, within a window; null means as
///     `limit`
/// @param newAccountAge an account is new for so long after it got the first identity it still has, however
///     long it was a guest's; zero means that only guests share
public record FreeMessagePolicy(
        @Nullable Integer limit,
        @Nullable Duration window,
        @Nullable Integer perNetwork,
        Duration newAccountAge) {

    /// How old an account is that has its free messages to itself, unless configured.
    public static final Duration NEW_ACCOUNT_AGE = Duration.ofHours(24);

    /// Any number.
    public static final FreeMessagePolicy UNLIMITED = new FreeMessagePolicy(null, null);

    /// Whether a user shares the free messages of their network, of aliases `u` (the user) and `f` (what they
    /// used).
    static final String IS_SHARED = """
            f.own_limit is null \
            and (u.is_guest or not exists (
                select from chatkeep.identity i
                where i.user_id = u.user_id
                    and i.created_at <= now() - make_interval(secs => :new_account_age::float8)))""";

    /// As many for a network as for a user; an account is new for a day.
    public FreeMessagePolicy(@Nullable Integer limit, @Nullable Duration window) {
        this(limit, window, null, NEW_ACCOUNT_AGE);
    }

    public FreeMessagePolicy {
        if (limit != null && limit < 0) {
            throw new IllegalArgumentException("a limit of free messages is 0 or more");
        }
        if (perNetwork != null && perNetwork < 0) {
            throw new IllegalArgumentException("a limit of free messages of a network is 0 or more");
        }
        if (newAccountAge.isNegative()) {
            throw new IllegalArgumentException("the age of a new account is 0 or more");
        }
        if (window != null && window.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("a window of free messages is a second or more");
        }
    }

    /// The parameters `limit`, `window` (seconds), `per_network` and `new_account_age` (seconds) of statements
    /// about free messages.
    public Map<String, Object> parameters() {
        var parameters = new HashMap<String, Object>();
        parameters.put("limit", limit);
        parameters.put("window", window == null ? null : window.toSeconds());
        parameters.put("per_network", perNetwork == null ? limit : perNetwork);
        parameters.put("new_account_age", newAccountAge.toSeconds());
        return parameters;
    }
}
