package dev.chatkeep.payment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.ChatkeepException.Conflict;
import dev.chatkeep.Ids;
import dev.chatkeep.TestDatabase;
import dev.chatkeep.db.Json;
import dev.chatkeep.payment.Offer.Purpose;
import dev.chatkeep.payment.Offer.Terms;
import dev.chatkeep.payment.Payments.Use;
import dev.chatkeep.user.Identity;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class PaymentsTest {

    private static final TestDatabase DATABASE = TestDatabase.create();
    private static final Terms TERMS =
            new Terms(2, "eip155:84532", "0xa", "0xb", BigInteger.TEN.pow(30), new Json("{\"amount\": \"1\"}"));
    private static final Duration SOON = Duration.ofSeconds(60);

    private final Payments payments = new Payments(DATABASE.database(), InstantSource.system());
    private final OpenPayments open = new OpenPayments(DATABASE.database(), payments);
    private final UUID user = DATABASE.newUser();

    private static Offer offer(String chat, String turn, String nonce) {
        Purpose purpose = new Purpose(chat, turn, "m", new BigDecimal("0.01"));
        return new Offer(purpose, TERMS, "0xpayer", nonce, "https://r", new Json("{}"), new Json("{}"));
    }

    private Settlement verified(String turn) {
        UUID id = Ids.uuid();
        assertThat(payments.claim(user, id, offer("c", turn, Ids.make())).use()).isEqualTo(Use.NEW);
        return payments.attempt(user, id, SOON).orElseThrow();
    }

    private PaymentStatus status(Settlement payment) {
        return payments.find(user, payment.id()).orElseThrow().status();
    }

    @Test
    void anAuthorizationIsClaimedOnceAndKnownAgain() {
        Offer offer = offer("c", "t", Ids.make());
        UUID first = Ids.uuid();

        assertThat(payments.claim(user, first, offer)).isEqualTo(new Payments.Claimed(Use.NEW, first));
        assertThat(payments.claim(user, Ids.uuid(), offer)).isEqualTo(new Payments.Claimed(Use.SAME_TURN, first));
        assertThat(payments.claim(user, Ids.uuid(), offer("c", "other", offer.nonce()))
                        .use())
                .isEqualTo(Use.OTHER);
        assertThat(payments.claim(DATABASE.newUser(), Ids.uuid(), offer).use()).isEqualTo(Use.OTHER);
    }

    @Test
    void anAttemptIsOneProcessesAtATime() {
        Settlement mine = verified("t");

        assertThat(payments.attempt(user, mine.id(), SOON)).isEmpty();
        payments.leaveOpen(mine, "why", null, Duration.ZERO);
        assertThat(payments.attempt(user, mine.id(), SOON).orElseThrow().attempts())
                .isEqualTo(2);
        assertThat(payments.attempt(DATABASE.newUser(), mine.id(), SOON)).isEmpty();
    }

    @Test
    void aTransferThatWasCountedIsNotCountedForAnotherPayment() {
        Settlement one = verified("t1");
        Settlement other = verified("t2");

        assertThat(payments.settle(one, "0x1", null, SOON)).isTrue();
        assertThat(payments.settle(other, "0x1", null, SOON)).isFalse();

        assertThat(status(one)).isEqualTo(PaymentStatus.SETTLED);
        assertThat(status(other)).isEqualTo(PaymentStatus.FAILED);
    }

    @Test
    void whatIsDecidedStaysDecided() {
        Settlement payment = verified("t");
        payments.settle(payment, Ids.make(), null, SOON);

        payments.fail(payment, "late", null);
        payments.leaveOpen(payment, "late", null, Duration.ZERO);

        assertThat(status(payment)).isEqualTo(PaymentStatus.SETTLED);
        assertThat(payments.attempt(user, payment.id(), SOON)).isEmpty();
    }

    @Test
    void anAdminWhoNamesAnothersTransactionChangesNothing() {
        Settlement one = verified("t1");
        payments.settle(one, "0xtaken", null, SOON);
        Settlement other = verified("t2");

        assertThatExceptionOfType(Conflict.class).isThrownBy(() -> open.decide(other.id(), "0xtaken"));

        assertThat(status(other)).isEqualTo(PaymentStatus.VERIFIED);
        open.decide(other.id(), null);
        assertThat(status(other)).isEqualTo(PaymentStatus.FAILED);
    }

    @Test
    void whatIsDueIsFoundForAllUsers() {
        Settlement payment = verified("t");
        assertThat(open.due(100)).extracting(OpenPayments.Key::paymentId).doesNotContain(payment.id());

        payments.leaveOpen(payment, "why", null, Duration.ZERO);

        assertThat(open.due(100)).contains(new OpenPayments.Key(user, payment.id()));
        payments.leaveOpen(payment, "why", null, null);
        assertThat(open.due(100)).extracting(OpenPayments.Key::paymentId).doesNotContain(payment.id());
        assertThat(open.inDoubt()).isPositive();
    }

    @Test
    void aClaimOutlivesItsUserWithoutThem() {
        try (Chatkeep chatkeep = Chatkeep.open(DATABASE.source())) {
            UUID gone = chatkeep.signIn(new Identity("solana", "erased"), Optional.empty())
                    .id();
            Offer offer = offer("c", "t", Ids.make());
            chatkeep.payments().claim(gone, Ids.uuid(), offer);

            chatkeep.erase(gone);
            chatkeep.erasures().finish(gone);

            assertThat(DATABASE.sql()
                            .sql("select count(*) from chatkeep.payment_claim where user_id = :gone")
                            .param("gone", gone)
                            .query(Long.class)
                            .single())
                    .isZero();
            assertThat(payments.claim(user, Ids.uuid(), offer).use()).isEqualTo(Use.OTHER);
        }
    }

    @Test
    void aGuestsPaymentsAreTheAccountsThatClaimsThem() {
        try (Chatkeep chatkeep = Chatkeep.open(DATABASE.source())) {
            UUID account = chatkeep.signIn(new Identity("solana", "claims"), Optional.empty())
                    .id();
            UUID guest = chatkeep.users().createGuest().id();
            Offer offer = offer("c", "t", Ids.make());
            UUID id = Ids.uuid();
            chatkeep.payments().claim(guest, id, offer);
            chatkeep.payments().settle(payments.find(guest, id).orElseThrow(), Ids.make(), null, SOON);

            chatkeep.signIn(new Identity("solana", "claims"), Optional.of(guest));

            assertThat(chatkeep.paymentHistory().stats(account).credits()).isEqualTo(1);
            assertThat(payments.claim(account, Ids.uuid(), offer)).isEqualTo(new Payments.Claimed(Use.SAME_TURN, id));
            assertThat(payments.find(guest, id)).isEmpty();
        }
    }

    @Test
    void aPageOfTheHistoryGoesOnWhereTheLastOneEnded() {
        for (int i = 0; i < 7; i++) {
            verified("t" + i);
        }
        var history = new PaymentHistory(DATABASE.database());

        PaymentHistory.Page first = history.page(user, 3, null, 0);
        PaymentHistory.Page second = history.page(user, 3, first.nextCursor().orElseThrow(), 0);
        PaymentHistory.Page third = history.page(user, 3, second.nextCursor().orElseThrow(), 0);

        assertThat(third.payments()).hasSize(1);
        assertThat(third.nextCursor()).isEmpty();
        assertThat(java.util.stream.Stream.of(first, second, third)
                        .flatMap(page -> page.payments().stream())
                        .map(Payment::id)
                        .distinct())
                .hasSize(7);
        assertThat(first.payments().getFirst().amount()).isEqualTo("1" + "0".repeat(30));
        assertThat(history.stats(user).pending()).isEqualTo(7);
    }
}
