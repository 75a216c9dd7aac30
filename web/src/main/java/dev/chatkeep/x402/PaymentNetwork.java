package dev.chatkeep.x402;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A network that payments are taken on, and the one asset that is taken there.
///
/// @param id CAIP-2, such as `eip155:8453` or `solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp`
/// @param payTo whom the money goes to
/// @param asset the token's contract or mint
/// @param decimals of the token
/// @param name of the token in its EIP-712 domain; for EVM networks
/// @param version of the token in its EIP-712 domain; for EVM networks
/// @param rpc a node of the network (JSON-RPC), to look up transfers nobody confirmed; EVM only. Null: an admin does
public record PaymentNetwork(
        String id,
        String payTo,
        String asset,
        int decimals,
        @Nullable String name,
        @Nullable String version,
        @Nullable URI rpc) {

    private static final Pattern ID = Pattern.compile("(eip155|solana):[A-Za-z0-9]{1,64}");
    private static final int MOST_DECIMALS = 30;

    /// The dollars of Circle on the networks whose names x402 version 1 knows.
    private static final Map<String, Known> KNOWN = Map.of(
            "eip155:8453", new Known("base", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USD Coin"),
            "eip155:84532", new Known("base-sepolia", "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "USDC"),
            "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
                    new Known("solana", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", null),
            "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
                    new Known("solana-devnet", "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU", null));

    private static final int USDC_DECIMALS = 6;
    private static final String USDC_VERSION = "2";

    private record Known(
            String nameInV1, String asset, @Nullable String name) {}

    public PaymentNetwork {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException(
                    "a network is named by CAIP-2, such as eip155:8453 or solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp: "
                            + id);
        }
        if (payTo.isBlank() || asset.isBlank()) {
            throw new IllegalArgumentException("a network needs whom to pay to, and an asset: " + id);
        }
        if (decimals < 0 || decimals > MOST_DECIMALS) {
            throw new IllegalArgumentException("a token has 0 to " + MOST_DECIMALS + " decimals: " + id);
        }
        if (id.startsWith("eip155:") && (name == null || version == null)) {
            throw new IllegalArgumentException("a token of " + id + " needs its name and version (EIP-712)");
        }
    }

    /// The network with its USDC.
    ///
    /// @throws IllegalArgumentException for a network whose USDC is not known here
    public static PaymentNetwork usdc(String id, String payTo, @Nullable URI rpc) {
        Known known = KNOWN.get(id);
        if (known == null) {
            throw new IllegalArgumentException("the asset of " + id + " is not known here: name it");
        }
        String version = known.name() == null ? null : USDC_VERSION;
        return new PaymentNetwork(id, payTo, known.asset(), USDC_DECIMALS, known.name(), version, rpc);
    }

    public boolean isEvm() {
        return id.startsWith("eip155:");
    }

    /// What x402 version 1 calls it; null for one that it does not know.
    @Nullable
    String nameInV1() {
        Known known = KNOWN.get(id);
        return known == null ? null : known.nameInV1();
    }

    /// A price in atomic units.
    ///
    /// @throws ArithmeticException for one that is finer than the token
    public BigInteger atomic(BigDecimal price) {
        return price.movePointRight(decimals).toBigIntegerExact();
    }
}
