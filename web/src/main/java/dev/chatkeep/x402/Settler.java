package dev.chatkeep.x402;

import dev.chatkeep.db.Json;
import dev.chatkeep.payment.Payments;
import dev.chatkeep.payment.Settlement;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// Settles a payment whose row is there, and writes down what came of it. Only a clear refusal of the very first
/// attempt says that no money was moved; after an attempt without an answer a refusal may mean that the money is here
/// already, so the chain is asked, or an admin.
final class Settler {

    private static final Logger LOG = LoggerFactory.getLogger(Settler.class);

    /// Longer than an attempt may take, so that two never run at once.
    private static final Duration MARGIN = Duration.ofSeconds(30);

    /// How long a payment waits for its own message before any other may use it.
    private static final Duration RESERVED = Duration.ofMinutes(10);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofHours(1);
    private static final int MOST_ATTEMPTS = 12;

    private final PaymentSettings settings;
    private final Facilitator facilitator;
    private final EvmTransfers transfers;
    private final Payments payments;

    Settler(PaymentSettings settings, Facilitator facilitator, EvmTransfers transfers, Payments payments) {
        this.settings = settings;
        this.facilitator = facilitator;
        this.transfers = transfers;
        this.payments = payments;
    }

    /// How an attempt ended.
    sealed interface Outcome {
        record Settled(Json answer) implements Outcome {}

        record Refused(String reason) implements Outcome {}

        record Open() implements Outcome {}
    }

    /// Begins an attempt; empty when it is not due, or someone else is at it.
    Optional<Settlement> begin(java.util.UUID userId, java.util.UUID paymentId) {
        return payments.attempt(userId, paymentId, settings.settleTimeout().plus(MARGIN));
    }

    /// Ends the attempt that was begun.
    Outcome settle(Settlement payment) {
        Facilitator.Answer answer =
                facilitator.settle(payment.x402Version(), payment.payload(), payment.requirements());
        return switch (answer) {
            case Facilitator.Answer.Good(var payer, var transaction, var json)
            when transaction != null -> settled(payment, transaction, json);
            case Facilitator.Answer.Good(var payer, var transaction, var json) ->
                inDoubt(payment, "facilitator_unintelligible", json);
            case Facilitator.Answer.Bad(var reason, var json)
            when isClear(payment, reason) -> {
                payments.fail(payment, reason, json);
                yield new Outcome.Refused(reason);
            }
            case Facilitator.Answer.Bad(var reason, var json) -> inDoubt(payment, reason, json);
            case Facilitator.Answer.None(var why) -> inDoubt(payment, why, null);
        };
    }

    /// Whether a refusal says for sure that this payment moved no money. "Nonce already used" never does.
    private static boolean isClear(Settlement payment, String reason) {
        return payment.attempts() == 1
                && !reason.contains("nonce_already_used")
                && (reason.startsWith("invalid_")
                        || reason.startsWith("insufficient_")
                        || reason.startsWith("unsupported_")
                        || reason.equals("transaction_failed"));
    }

    private Outcome settled(Settlement payment, String transaction, Json answer) {
        return payments.settle(payment, transaction, answer, RESERVED)
                ? new Outcome.Settled(answer)
                : new Outcome.Refused("transaction_already_used");
    }

    private Outcome inDoubt(Settlement payment, String reason, @Nullable Json answer) {
        return switch (look(payment)) {
            case EvmTransfers.Found.Moved(String transaction) -> {
                LOG.info("payment {} was settled by {}, as the chain says", payment.id(), transaction);
                yield settled(payment, transaction, found(payment, transaction));
            }
            case EvmTransfers.Found.NotMoved()
            when isOver(payment) -> {
                payments.fail(payment, reason, answer);
                yield new Outcome.Refused(reason);
            }
            case EvmTransfers.Found.NotMoved() -> leaveOpen(payment, reason, answer);
            case EvmTransfers.Found.Unknown() -> leaveOpen(payment, reason, answer);
        };
    }

    private Outcome leaveOpen(Settlement payment, String reason, @Nullable Json answer) {
        Duration again = payment.attempts() < MOST_ATTEMPTS ? pause(payment.attempts()) : null;
        LOG.warn(
                "it is not known whether payment {} moved money ({}); {}",
                payment.id(),
                reason,
                again == null ? "an admin has to find out" : "asking again in " + again);
        payments.leaveOpen(payment, reason, answer, again);
        return new Outcome.Open();
    }

    private static Duration pause(int attempts) {
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(attempts - 1, 16));
        return pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    }

    private EvmTransfers.Found look(Settlement payment) {
        Optional<URI> node = settings.networks().stream()
                .filter(network -> network.id().equals(payment.network()) && network.isEvm() && network.rpc() != null)
                .map(PaymentNetwork::rpc)
                .findFirst();
        if (node.isEmpty()) {
            return new EvmTransfers.Found.Unknown();
        }
        JsonNode asked = payment.requirements().tree();
        String amount =
                asked.path("amount").asString(asked.path("maxAmountRequired").asString("0"));
        return transfers.look(
                node.get(),
                asked.path("asset").asString(""),
                asked.path("payTo").asString(""),
                new BigInteger(amount),
                authorization(payment));
    }

    /// Whether the authorization can no longer be used.
    private static boolean isOver(Settlement payment) {
        String until = authorization(payment).path("validBefore").asString("");
        return until.matches("[0-9]{1,18}")
                && System.currentTimeMillis() / 1_000 > Long.parseLong(until) + MARGIN.toSeconds();
    }

    private static JsonNode authorization(Settlement payment) {
        return payment.payload().tree().path("payload").path("authorization");
    }

    private static Json found(Settlement payment, String transaction) {
        return Json.of(JsonNodeFactory.instance
                .objectNode()
                .put("success", true)
                .put("transaction", transaction)
                .put("network", payment.network())
                .put("payer", authorization(payment).path("from").asString("")));
    }
}
