package dev.chatkeep.payment;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a message costs its user: a free message while there are any left, else the price. Decided by the server
/// alone; nothing that a client says takes part in it.
///
/// @param isMetered whether it costs anything at all
/// @param price in units of the asset, such as dollars; null when nothing can be paid for it
/// @param network where the request came from (an IPv4 address, or the /64 of an IPv6 one); guests of one network
///     share their free messages. Null: they do not
public record Charge(
        boolean isMetered,
        @Nullable BigDecimal price,
        @Nullable String network) {

    /// Costs nothing, whatever the user has had.
    public static final Charge NOTHING = new Charge(false, null, null);

    /// A free message, or a refusal.
    public static Charge free(@Nullable String network) {
        return new Charge(true, null, network);
    }

    /// The parameters of [Debit#BEGIN] that are this turn's own.
    public Map<String, Object> parameters() {
        var parameters = new HashMap<String, Object>();
        parameters.put("is_metered", isMetered);
        parameters.put("price", price);
        parameters.put("network", network);
        return parameters;
    }
}
