package dev.chatkeep.user;

import dev.chatkeep.db.TimeJson;
import java.time.Instant;
import tools.jackson.databind.annotation.JsonSerialize;

/// A wallet that its user can sign in with.
///
/// @param chain [Identity#SOLANA] or [Identity#EIP155]
/// @param address as given; of `eip155` in lower case
public record Wallet(
        String chain,
        String address,
        @JsonSerialize(using = TimeJson.class) Instant addedAt) {}
