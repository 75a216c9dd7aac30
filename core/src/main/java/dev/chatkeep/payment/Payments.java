package dev.chatkeep.payment;

import dev.chatkeep.db.Database;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.Rows;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Payments, from a good signature to a credit. Money moves once for each row, and each movement has a row before
/// it happens.
///
/// A row is `verified`, then an attempt to settle it begins, and the attempt's outcome makes it `settled`, `failed`
/// or `pending`. Whoever begins an attempt holds the row for a while ([#attempt]); a process that dies in one leaves
/// a row that is tried again when that while is over.
public final class Payments {

    private static final UUID NOBODYS = new UUID(0, 0);

    private final Database database;
    private final InstantSource clock;

    public Payments(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /// What an authorization was used for.
    ///
    /// @param paymentId that it pays; of no use when it is another's
    public record Claimed(Use use, UUID paymentId) {}

    public enum Use {
        /// Nothing, until now.
        NEW,
        /// The same turn of the same user: it was sent again.
        SAME_TURN,
        /// Something else, or by someone else.
        OTHER
    }

    /// Writes down a payment that was found good, unless its authorization is known: then nothing changes, and the
    /// answer tells whose it is. Of many at once one is new.
    public Claimed claim(UUID userId, UUID paymentId, Offer offer) {
        String claim = Offer.claim(offer.terms(), offer.nonce());
        int made = database.sql("""
                with claim as (
                    insert into chatkeep.payment_claim (key, user_id, payment_id, claimed_at)
                    values (:claim, :user, :payment, :now)
                    on conflict (key) do nothing
                    returning key
                )
                insert into chatkeep.payment (user_id, id, status, chat_id, turn_key, model_id, price, x402_version,
                    network, asset, pay_to, amount, payer, resource, payload, requirements, verify_answer,
                    next_attempt_at, created_at, verified_at)
                select :user, :payment, 'verified', :chat, :key, :model, :price, :version,
                    :network, :asset, :pay_to, :amount, :payer, :resource, :payload::jsonb, :requirements::jsonb,
                    :answer::jsonb, now(), :now, :now
                from claim
                """)
                .param("claim", claim)
                .param("user", userId)
                .param("payment", paymentId)
                .param("now", Rows.time(clock.instant()))
                .param("chat", offer.purpose().chatId())
                .param("key", offer.purpose().turnKey())
                .param("model", offer.purpose().modelId())
                .param("price", offer.purpose().price())
                .param("version", offer.terms().x402Version())
                .param("network", offer.terms().network())
                .param("asset", offer.terms().asset())
                .param("pay_to", offer.terms().payTo())
                .param("amount", new BigDecimal(offer.terms().amount()))
                .param("payer", offer.payer())
                .param("resource", offer.resource())
                .param("payload", offer.payload().text())
                .param("requirements", offer.terms().requirements().text())
                .param("answer", offer.verifyAnswer().text())
                .update();
        return made == 1
                ? new Claimed(Use.NEW, paymentId)
                : known(userId, claim, offer.purpose()).orElseThrow();
    }

    /// What an authorization was used for; empty for one that is new.
    public Optional<Claimed> claimed(UUID userId, Offer.Terms terms, String nonce, Offer.Purpose purpose) {
        return known(userId, Offer.claim(terms, nonce), purpose);
    }

    /// A claim outlives its payment, and is then nobody's and used all the same.
    private Optional<Claimed> known(UUID userId, String claim, Offer.Purpose purpose) {
        return database.sql("""
                select p.id
                from chatkeep.payment_claim c
                left join chatkeep.payment p on p.user_id = :user and c.user_id = :user and p.id = c.payment_id
                    and p.chat_id = :chat and p.turn_key = :key
                where c.key = :claim
                """)
                .param("claim", claim)
                .param("user", userId)
                .param("chat", purpose.chatId())
                .param("key", purpose.turnKey())
                .query((row, n) -> {
                    UUID payment = row.getObject("id", UUID.class);
                    return payment == null ? new Claimed(Use.OTHER, NOBODYS) : new Claimed(Use.SAME_TURN, payment);
                })
                .optional();
    }

    /// The payment that was sent with this turn and is not decided yet, if any.
    public Optional<Settlement> open(UUID userId, String chatId, String turnKey) {
        return database.sql("""
                select %s
                from chatkeep.payment p
                where user_id = :user and chat_id = :chat and turn_key = :key and status in ('verified', 'pending')
                order by created_at
                limit 1
                """.formatted(Settlement.COLUMNS))
                .param("user", userId)
                .param("chat", chatId)
                .param("key", turnKey)
                .query((row, n) -> Settlement.read(row))
                .optional();
    }

    /// How far a payment is.
    public Optional<Settlement> find(UUID userId, UUID paymentId) {
        return database.sql("select %s from chatkeep.payment p where user_id = :user and id = :payment"
                        .formatted(Settlement.COLUMNS))
                .param("user", userId)
                .param("payment", paymentId)
                .query((row, n) -> Settlement.read(row))
                .optional();
    }

    /// Begins an attempt to settle, and keeps others from beginning one for `patience`. Empty when it is not due:
    /// someone else is at it, or it is decided.
    public Optional<Settlement> attempt(UUID userId, UUID paymentId, Duration patience) {
        return database.sql("""
                update chatkeep.payment p
                set attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => :patience)
                where user_id = :user and id = :payment and status in ('verified', 'pending')
                    and next_attempt_at <= now()
                returning %s
                """.formatted(Settlement.COLUMNS))
                .param("user", userId)
                .param("payment", paymentId)
                .param("patience", patience.toMillis() / 1e3)
                .query((row, n) -> Settlement.read(row))
                .optional();
    }

    /// The money is here: the payment is a credit of its user, for a while of the turn it was sent with alone.
    ///
    /// @return false when this very transfer is another payment's, so that this one is none and has failed
    public boolean settle(Settlement payment, String transaction, @Nullable Json answer, Duration reserved) {
        return database.inTransaction(() -> {
            String claim = Offer.claim(payment.network(), transaction);
            UUID owner = database.sql("""
                    insert into chatkeep.payment_claim as c (key, user_id, payment_id, claimed_at)
                    values (:claim, :user, :payment, :now)
                    on conflict (key) do update set claimed_at = c.claimed_at
                    returning coalesce(payment_id, '00000000-0000-0000-0000-000000000000')
                    """)
                    .param("claim", claim)
                    .param("user", payment.userId())
                    .param("payment", payment.id())
                    .param("now", Rows.time(clock.instant()))
                    .query(UUID.class)
                    .single();
            if (!owner.equals(payment.id())) {
                fail(payment, "transaction_already_used", answer);
                return false;
            }
            database.sql("""
                    update chatkeep.payment
                    set status = 'settled', settled_at = :now, transaction = :transaction, error = null,
                        settle_answer = coalesce(:answer::jsonb, settle_answer), next_attempt_at = null,
                        reserved_until = now() + make_interval(secs => :reserved)
                    where user_id = :user and id = :payment and status in ('verified', 'pending')
                    """)
                    .param("now", Rows.time(clock.instant()))
                    .param("transaction", transaction)
                    .param("answer", answer == null ? null : answer.text())
                    .param("reserved", reserved.toMillis() / 1e3)
                    .param("user", payment.userId())
                    .param("payment", payment.id())
                    .update();
            return true;
        });
    }

    /// No money was moved, and none will be.
    public void fail(Settlement payment, String error, @Nullable Json answer) {
        Instant now = clock.instant();
        database.sql("""
                update chatkeep.payment
                set status = 'failed', failed_at = :now, error = :error, next_attempt_at = null,
                    settle_answer = coalesce(:answer::jsonb, settle_answer)
                where user_id = :user and id = :payment and status in ('verified', 'pending')
                """)
                .param("now", Rows.time(now))
                .param("error", error)
                .param("answer", answer == null ? null : answer.text())
                .param("user", payment.userId())
                .param("payment", payment.id())
                .update();
    }

    /// It is not known whether money was moved.
    ///
    /// @param again when to try again; null: not by itself, an admin decides
    public void leaveOpen(Settlement payment, String error, @Nullable Json answer, @Nullable Duration again) {
        database.sql("""
                update chatkeep.payment
                set status = 'pending', error = :error, next_attempt_at = now() + make_interval(secs => :again::float8),
                    settle_answer = coalesce(:answer::jsonb, settle_answer)
                where user_id = :user and id = :payment and status in ('verified', 'pending')
                """)
                .param("error", error)
                .param("again", again == null ? null : again.toMillis() / 1e3)
                .param("answer", answer == null ? null : answer.text())
                .param("user", payment.userId())
                .param("payment", payment.id())
                .update();
    }
}
