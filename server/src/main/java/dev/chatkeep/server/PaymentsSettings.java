package dev.chatkeep.server;

import dev.chatkeep.x402.PaymentNetwork;
import dev.chatkeep.x402.PaymentSettings;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// What an operator sets under `chatkeep.payments`. Payments are taken when there is a facilitator.
///
/// @param facilitator the address below which its `/verify` and `/settle` are
/// @param headers of each of its paths: `supported`, `verify`, `settle`
/// @param price of a message to a model without one of its own
record PaymentsSettings(
        @Nullable URI facilitator,
        @DefaultValue Map<String, Map<String, String>> headers,
        @DefaultValue List<NetworkSettings> networks,
        @DefaultValue("0.01") BigDecimal price,
        @DefaultValue("10s") Duration verifyTimeout,
        @DefaultValue("30s") Duration settleTimeout) {

    /// @param network CAIP-2, such as `eip155:8453`
    /// @param asset unset: USDC, where it is known
    record NetworkSettings(
            String network,
            String payTo,
            @Nullable String asset,
            @DefaultValue("6") int decimals,
            @Nullable String name,
            @Nullable String version,
            @Nullable URI rpc) {

        /// Binding leaves out what is not set, whatever the types say.
        @SuppressWarnings("NullAway")
        NetworkSettings {
            if (!Settings.isSet(network) || !Settings.isSet(payTo)) {
                throw new SettingsException(
                        "chatkeep.payments: every network needs its name (network) and whom to pay (pay-to).", null);
            }
        }

        PaymentNetwork checked() {
            return asset == null
                    ? PaymentNetwork.usdc(network, payTo, rpc)
                    : new PaymentNetwork(network, payTo, asset, decimals, name, version, rpc);
        }
    }

    /// @param prices of models that have one of their own
    /// @return null when no payments are taken
    @Nullable
    PaymentSettings checked(List<BigDecimal> prices) {
        if (facilitator == null || facilitator.toString().isBlank()) {
            return null;
        }
        try {
            PaymentSettings checked = new PaymentSettings(
                    facilitator,
                    headers,
                    networks.stream().map(NetworkSettings::checked).toList(),
                    price,
                    verifyTimeout,
                    settleTimeout);
            prices.forEach(checked::checkPrice);
            return checked;
        } catch (IllegalArgumentException wrong) {
            throw new SettingsException("chatkeep.payments: " + wrong.getMessage(), wrong);
        }
    }
}
