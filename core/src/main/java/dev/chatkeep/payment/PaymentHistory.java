package dev.chatkeep.payment;

import dev.chatkeep.Cursor;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The payments of a user, as they may see them.
public final class PaymentHistory {

    private final Database database;

    public PaymentHistory(Database database) {
        this.database = database;
    }

    /// @param next where the next page begins; null on the last one
    public record Page(List<Payment> payments, @Nullable Cursor next) {

        public Optional<Cursor> nextCursor() {
            return Optional.ofNullable(next);
        }
    }

    /// What all of a user's payments come to.
    ///
    /// @param pending verified and pending ones: not decided yet
    /// @param credits settled ones that no message was answered for yet
    /// @param settledAmounts of each network and token, what was paid in all
    public record PaymentStats(
            long total, long settled, long pending, long failed, long credits, List<PaidAmount> settledAmounts) {}

    /// @param amount in atomic units, as digits
    public record PaidAmount(String network, String token, String amount) {}

    /// A page of the user's payments, the newest first.
    ///
    /// @param after the cursor of the page before, or null
    /// @param offset rows to skip after that
    public Page page(UUID userId, int limit, @Nullable Cursor after, int offset) {
        List<Payment> rows = database.sql("""
                select %s
                from chatkeep.payment p
                where user_id = :user
                    and (:time::timestamptz is null or created_at < :time or (created_at = :time and id > :id::uuid))
                order by created_at desc, id
                limit :limit offset :offset
                """.formatted(Payment.COLUMNS))
                .param("user", userId)
                .param("time", after == null ? null : Rows.time(after.time()))
                .param("id", after == null ? null : after.id())
                .param("limit", limit + 1)
                .param("offset", offset)
                .query((row, n) -> Payment.read(row))
                .list();
        boolean more = rows.size() > limit;
        List<Payment> page = more ? rows.subList(0, limit) : rows;
        return new Page(List.copyOf(page), more ? cursor(page.getLast()) : null);
    }

    private static Cursor cursor(Payment last) {
        return new Cursor(0, last.createdAt(), last.id().toString());
    }

    /// Counted by PostgreSQL, however many there are.
    public PaymentStats stats(UUID userId) {
        return database.sql("""
                select network, asset, status, count(*) as payments, sum(amount) as amount,
                    count(*) filter (where status = 'settled' and not is_spent) as credits
                from chatkeep.payment
                where user_id = :user
                group by network, asset, status
                order by network, asset, status
                """).param("user", userId).query(row -> {
            long settled = 0;
            long pending = 0;
            long failed = 0;
            long credits = 0;
            var amounts = new ArrayList<PaidAmount>();
            while (row.next()) {
                long payments = row.getLong("payments");
                credits += row.getLong("credits");
                switch (PaymentStatus.of(row.getString("status"))) {
                    case SETTLED -> {
                        settled += payments;
                        String amount = row.getBigDecimal("amount").toPlainString();
                        amounts.add(new PaidAmount(row.getString("network"), row.getString("asset"), amount));
                    }
                    case VERIFIED, PENDING -> pending += payments;
                    case FAILED -> failed += payments;
                }
            }
            return new PaymentStats(
                    settled + pending + failed, settled, pending, failed, credits, List.copyOf(amounts));
        });
    }
}
