package dev.chatkeep.payment;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.chatkeep.db.Rows;
import dev.chatkeep.db.TimeJson;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.annotation.JsonSerialize;

/// A payment, as its payer may see it. What the facilitator answered in full is in the row and not here: it may
/// name the addresses it talks to.
///
/// @param chatId of the message it was sent with
/// @param price in units of the token, such as `0.01`
/// @param token the asset's contract or mint
/// @param amount in atomic units of the token, as digits
/// @param payer the wallet that paid, as the facilitator says
/// @param error the facilitator's reason in a word, or ours
/// @param isSpent whether a message was answered for it; settled and not spent it is a credit
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Payment(
        UUID id,
        PaymentStatus status,
        String chatId,
        String modelId,
        String price,
        String network,
        String token,
        String amount,
        String payTo,
        String payer,
        @Nullable String transaction,
        String resource,
        @Nullable String error,
        @JsonProperty("isSpent") boolean isSpent,
        @JsonSerialize(using = TimeJson.class) Instant createdAt,
        @JsonSerialize(using = TimeJson.class) Instant verifiedAt,
        @JsonSerialize(using = TimeJson.class) @Nullable Instant settledAt,
        @JsonSerialize(using = TimeJson.class) @Nullable Instant failedAt) {

    /// The columns that [#read] needs, of a table or alias `p`.
    static final String COLUMNS = """
            p.id, p.status, p.chat_id, p.model_id, p.price, p.network, p.asset, p.amount, p.pay_to, p.payer, \
            p.transaction, p.resource, p.error, p.is_spent, p.created_at, p.verified_at, p.settled_at, p.failed_at""";

    static Payment read(ResultSet row) throws SQLException {
        return new Payment(
                row.getObject("id", UUID.class),
                PaymentStatus.of(row.getString("status")),
                row.getString("chat_id"),
                row.getString("model_id"),
                row.getBigDecimal("price").toPlainString(),
                row.getString("network"),
                row.getString("asset"),
                row.getBigDecimal("amount").toPlainString(),
                row.getString("pay_to"),
                row.getString("payer"),
                row.getString("transaction"),
                row.getString("resource"),
                row.getString("error"),
                row.getBoolean("is_spent"),
                Rows.time(row, "created_at"),
                Rows.time(row, "verified_at"),
                Rows.timeOrNull(row, "settled_at"),
                Rows.timeOrNull(row, "failed_at"));
    }
}
