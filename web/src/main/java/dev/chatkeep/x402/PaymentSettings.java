package dev.chatkeep.x402;

import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// How payments are taken.
///
/// @param facilitator the address below which `/supported`, `/verify` and `/settle` are
/// @param headers of each of the facilitator's paths (`supported`, `verify`, `settle`), such as an API key
/// @param networks that are offered, the preferred one first
/// @param price of a message to a model without a price of its own, in units of the asset, such as dollars
/// @param verifyTimeout how long the facilitator may take to verify
/// @param settleTimeout how long it may take to settle
public record PaymentSettings(
        URI facilitator,
        Map<String, Map<String, String>> headers,
        List<PaymentNetwork> networks,
        BigDecimal price,
        Duration verifyTimeout,
        Duration settleTimeout) {

    public PaymentSettings {
        networks = List.copyOf(networks);
        if (networks.isEmpty()) {
            throw new IllegalArgumentException("payments need a network");
        }
        if (networks.stream().map(PaymentNetwork::id).distinct().count() < networks.size()) {
            throw new IllegalArgumentException("a payment network is there twice");
        }
        networks.forEach(network -> checkPrice(network, price));
    }

    /// @throws IllegalArgumentException for a price that cannot be paid on one of the networks
    public void checkPrice(BigDecimal other) {
        networks.forEach(network -> checkPrice(network, other));
    }

    private static void checkPrice(PaymentNetwork network, BigDecimal price) {
        if (price.signum() < 0) {
            throw new IllegalArgumentException("a price is 0 or more");
        }
        try {
            network.atomic(price);
        } catch (ArithmeticException tooFine) {
            throw new IllegalArgumentException(
                    "the price " + price + " is finer than the asset of " + network.id(), tooFine);
        }
    }
}
