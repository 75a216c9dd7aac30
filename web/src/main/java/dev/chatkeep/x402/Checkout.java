package dev.chatkeep.x402;

import dev.chatkeep.ChatkeepException.Unavailable;
import dev.chatkeep.Ids;
import dev.chatkeep.db.Json;
import dev.chatkeep.payment.Offer;
import dev.chatkeep.payment.Offer.Purpose;
import dev.chatkeep.payment.OpenPayments;
import dev.chatkeep.payment.PaymentStatus;
import dev.chatkeep.payment.Payments;
import dev.chatkeep.payment.Payments.Claimed;
import dev.chatkeep.payment.Settlement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes payments for turns: says what is due, has what is offered verified, writes it down, and settles it. When
/// [#pay] returns, the turn has a credit and is begun like any other; no step is left to whoever called.
///
/// Verified before it is written down, written down before it is settled, settled before the message is stored: a
/// refused payment leaves nothing, and money never moves without a record.
public final class Checkout implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Checkout.class);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);
    private static final Duration COME_BACK = Duration.ofSeconds(5);
    private static final int RETRIED_AT_ONCE = 50;

    private final PaymentSettings settings;
    private final Payments payments;
    private final Facilitator facilitator;
    private final EvmTransfers transfers = new EvmTransfers();
    private final SupportedKinds supported;
    private final Settler settler;

    public Checkout(PaymentSettings settings, Payments payments) {
        this.settings = settings;
        this.payments = payments;
        this.facilitator = new Facilitator(settings);
        this.supported = new SupportedKinds(facilitator::supported, System::nanoTime);
        this.settler = new Settler(settings, facilitator, transfers, payments);
    }

    /// What has to be paid for this.
    ///
    /// @param resource the URL that is paid for
    public PaymentDue due(Purpose purpose, String resource) {
        return PaymentDue.of(resource, asked(purpose, resource, 2), asked(purpose, resource, 1));
    }

    private List<Requirements> asked(Purpose purpose, String resource, int version) {
        return settings.networks().stream()
                .filter(network -> version == 2 || network.nameInV1() != null)
                .flatMap(network -> supported
                        .extra(network, version)
                        .map(extra -> new Requirements(network, purpose.price(), resource, extra))
                        .stream())
                .toList();
    }

    /// Has the turn paid, by what is offered now or by what was offered for it before.
    ///
    /// @param header the value of the header of a version of x402, if it came
    /// @return empty when nothing is offered
    /// @throws PaymentRefused when what is offered pays nothing; nothing was taken
    /// @throws Unavailable when it is not known yet; the same request is answered later, and pays once
    public Optional<Receipt> pay(UUID userId, Purpose purpose, String resource, IntFunction<@Nullable String> header)
            throws PaymentRefused {
        Optional<Settlement> open = payments.open(userId, purpose.chatId(), purpose.turnKey());
        if (open.isPresent()) {
            return Optional.of(await(userId, open.get().id()));
        }
        for (int version = 2; version >= 1; version--) {
            String value = header.apply(version);
            if (value != null) {
                return Optional.of(pay(userId, purpose, resource, PaymentProof.read(version, value)));
            }
        }
        return Optional.empty();
    }

    private Receipt pay(UUID userId, Purpose purpose, String resource, PaymentProof proof) throws PaymentRefused {
        Requirements asked = proof.among(asked(purpose, resource, proof.version()))
                .orElseThrow(() -> new PaymentRefused("requirements_not_met"));
        Offer.Terms terms = asked.terms(proof.version());
        String nonce = proof.nonce(asked.network());
        Optional<Claimed> known = payments.claimed(userId, terms, nonce, purpose);
        if (known.isPresent()) {
            return claimed(userId, known.get());
        }
        Facilitator.Answer answer = facilitator.verify(proof.version(), proof.payload(), terms.requirements());
        return switch (answer) {
            case Facilitator.Answer.Bad(String reason, var json) -> throw new PaymentRefused(reason);
            case Facilitator.Answer.None(var why) ->
                throw new Unavailable(
                        "payments_unavailable",
                        "The payment cannot be verified right now, and was not taken. Try again.",
                        COME_BACK);
            case Facilitator.Answer.Good(var payer, var transaction, var json) -> {
                Offer offer = new Offer(purpose, terms, payer(proof, payer), nonce, resource, proof.payload(), json);
                yield claimed(userId, payments.claim(userId, Ids.uuid(), offer));
            }
        };
    }

    /// The facilitator's word, and of an authorization that names its payer no other.
    private static String payer(PaymentProof proof, @Nullable String payer) throws PaymentRefused {
        if (payer == null || !proof.authorizer().map(payer::equalsIgnoreCase).orElse(true)) {
            throw new PaymentRefused("invalid_payer");
        }
        return payer;
    }

    private Receipt claimed(UUID userId, Claimed claimed) throws PaymentRefused {
        return switch (claimed.use()) {
            case NEW, SAME_TURN -> await(userId, claimed.paymentId());
            case OTHER -> throw new PaymentRefused("payment_already_used");
        };
    }

    /// Settles the payment, or waits while someone else does.
    private Receipt await(UUID userId, UUID paymentId) throws PaymentRefused {
        long deadline = System.nanoTime() + settings.settleTimeout().toNanos();
        try {
            do {
                Settlement payment =
                        payments.find(userId, paymentId).orElseThrow(() -> new PaymentRefused("payment_refused"));
                if (payment.status() == PaymentStatus.SETTLED) {
                    Json answer = payment.settleAnswer();
                    return new Receipt(payment.x402Version(), answer == null ? Json.EMPTY_OBJECT : answer);
                }
                if (payment.status() == PaymentStatus.FAILED) {
                    throw new PaymentRefused(payment.error() == null ? "payment_refused" : payment.error());
                }
                Optional<Settlement> mine = settler.begin(userId, paymentId);
                if (mine.isPresent()) {
                    return receipt(mine.get(), settler.settle(mine.get()));
                }
                if (payment.status() == PaymentStatus.PENDING) {
                    throw pending();
                }
                Thread.sleep(LOOK_AGAIN);
            } while (System.nanoTime() < deadline);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        throw pending();
    }

    private static Receipt receipt(Settlement payment, Settler.Outcome outcome) throws PaymentRefused {
        return switch (outcome) {
            case Settler.Outcome.Settled(Json answer) -> new Receipt(payment.x402Version(), answer);
            case Settler.Outcome.Refused(String reason) -> throw new PaymentRefused(reason);
            case Settler.Outcome.Open() -> throw pending();
        };
    }

    private static Unavailable pending() {
        return new Unavailable(
                "payment_pending",
                "The payment is not confirmed yet. Send the same message again; it is paid once.",
                COME_BACK);
    }

    /// Tries again what is due, of all users.
    public void retry(OpenPayments open) {
        for (OpenPayments.Key key : open.due(RETRIED_AT_ONCE)) {
            settler.begin(key.userId(), key.paymentId()).ifPresent(payment -> {
                Settler.Outcome outcome = settler.settle(payment);
                LOG.info(
                        "payment {} was tried again: {}",
                        payment.id(),
                        outcome.getClass().getSimpleName());
            });
        }
    }

    @Override
    public void close() {
        facilitator.close();
        transfers.close();
    }
}
