package dev.chatkeep.payment;

import dev.chatkeep.db.Json;
import dev.chatkeep.user.Hashes;
import java.math.BigDecimal;
import java.math.BigInteger;

/// A payment that a facilitator found good, before it is settled.
///
/// @param payer who pays, as the facilitator says and not as the request does
/// @param nonce what makes this authorization one of a kind on its network and for its asset, its payer included
/// @param payload what the payer signed, whole: it can be settled from this alone
/// @param verifyAnswer what the facilitator said, whole
public record Offer(
        Purpose purpose, Terms terms, String payer, String nonce, String resource, Json payload, Json verifyAnswer) {

    /// What is to be answered for it.
    public record Purpose(String chatId, String turnKey, String modelId, BigDecimal price) {}

    /// What was asked for.
    ///
    /// @param amount in atomic units
    /// @param requirements the same, as the facilitator is told
    public record Terms(
            int x402Version, String network, String asset, String payTo, BigInteger amount, Json requirements) {}

    /// The same authorization has the same key, whoever sends it and with whatever message.
    static String claim(Terms terms, String nonce) {
        return Hashes.sha256("nonce " + terms.network() + " " + terms.asset() + " " + nonce);
    }

    /// A transfer is counted once.
    static String claim(String network, String transaction) {
        return Hashes.sha256("transaction " + network + " " + transaction);
    }
}
