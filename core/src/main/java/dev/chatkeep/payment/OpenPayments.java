package dev.chatkeep.payment;

import dev.chatkeep.ChatkeepException.Conflict;
import dev.chatkeep.ChatkeepException.NotFound;
import dev.chatkeep.db.Database;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The payments of all users of which it is not decided how they end: for the job that tries again, and for the
/// admins to whom the rest is left. Selects keys without a user, as both must; what is then done to a payment names
/// its user.
public final class OpenPayments {

    private static final Duration RESERVED = Duration.ZERO;

    private final Database database;
    private final Payments payments;

    public OpenPayments(Database database, Payments payments) {
        this.database = database;
        this.payments = payments;
    }

    /// Whose payment it is.
    public record Key(UUID userId, UUID paymentId) {}

    /// An open payment, and whose it is.
    ///
    /// @param attempts how often it was tried to settle it
    public record OpenPayment(UUID userId, int attempts, Payment payment) {}

    /// Those that are due to be tried again, the longest overdue first.
    public List<Key> due(int limit) {
        return database.sql("""
                select user_id, id
                from chatkeep.payment
                where status in ('verified', 'pending') and next_attempt_at <= now()
                order by next_attempt_at
                limit :limit
                """)
                .param("limit", limit)
                .query((row, n) -> new Key(row.getObject("user_id", UUID.class), row.getObject("id", UUID.class)))
                .list();
    }

    /// How many there are whose money may have been moved without a word.
    public long inDoubt() {
        return database.sql("select count(*) from chatkeep.payment where status = 'pending'")
                .query(Long.class)
                .single();
    }

    /// All that are not decided, the oldest first.
    public List<OpenPayment> list(int limit, int offset) {
        return database.sql("""
                select p.user_id, p.attempts, %s
                from chatkeep.payment p
                where status in ('verified', 'pending')
                order by created_at, id
                limit :limit offset :offset
                """.formatted(Payment.COLUMNS))
                .param("limit", limit)
                .param("offset", offset)
                .query((row, n) -> new OpenPayment(
                        row.getObject("user_id", UUID.class), row.getInt("attempts"), Payment.read(row)))
                .list();
    }

    /// Decides an open payment as an admin found it on the chain. Settled, it is at once a credit of its user.
    ///
    /// @param transaction that moved the money; null: none did
    /// @throws NotFound when there is no such payment, or it is decided
    /// @throws Conflict when the transaction is another payment's
    public void decide(UUID paymentId, @Nullable String transaction) {
        database.inNestedTransaction(() -> {
            Settlement payment = database.sql("""
                    select %s
                    from chatkeep.payment p
                    where id = :payment and status in ('verified', 'pending')
                    """.formatted(Settlement.COLUMNS))
                    .param("payment", paymentId)
                    .query((row, n) -> Settlement.read(row))
                    .optional()
                    .orElseThrow(() -> new NotFound("payment_not_found", "There is no such undecided payment."));
            if (transaction == null) {
                payments.fail(payment, "decided_by_admin", null);
            } else if (!payments.settle(payment, transaction, null, RESERVED)) {
                throw new Conflict("transaction_already_used", "Another payment was made by this transaction.");
            }
            return true;
        });
    }
}
