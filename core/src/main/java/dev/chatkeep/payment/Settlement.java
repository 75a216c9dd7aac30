package dev.chatkeep.payment;

import dev.chatkeep.db.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A payment on its way: what is needed to settle it, and how far that is.
///
/// @param payload what the payer signed
/// @param requirements what was asked for
/// @param attempts how often it was tried before
/// @param settleAnswer what the facilitator said last; null when it said nothing
public record Settlement(
        UUID userId,
        UUID id,
        PaymentStatus status,
        Json payload,
        Json requirements,
        int x402Version,
        String network,
        int attempts,
        boolean isSpent,
        @Nullable Json settleAnswer,
        @Nullable String error) {

    static final String COLUMNS = """
            p.user_id, p.id, p.status, p.payload, p.requirements, p.x402_version, p.network, p.attempts, p.is_spent, \
            p.settle_answer, p.error""";

    static Settlement read(ResultSet row) throws SQLException {
        String answer = row.getString("settle_answer");
        return new Settlement(
                row.getObject("user_id", UUID.class),
                row.getObject("id", UUID.class),
                PaymentStatus.of(row.getString("status")),
                new Json(row.getString("payload")),
                new Json(row.getString("requirements")),
                row.getInt("x402_version"),
                row.getString("network"),
                row.getInt("attempts"),
                row.getBoolean("is_spent"),
                answer == null ? null : new Json(answer),
                row.getString("error"));
    }

    /// Whether it is still open how it ends.
    public boolean isOpen() {
        return status == PaymentStatus.VERIFIED || status == PaymentStatus.PENDING;
    }
}
