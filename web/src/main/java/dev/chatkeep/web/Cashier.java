package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.ChatkeepException.PaymentRequired;
import dev.chatkeep.ChatkeepException.TooMany;
import dev.chatkeep.ChatkeepException.Unavailable;
import dev.chatkeep.db.Json;
import dev.chatkeep.payment.Charge;
import dev.chatkeep.payment.Offer.Purpose;
import dev.chatkeep.run.Model;
import dev.chatkeep.run.Replies.Answer;
import dev.chatkeep.run.Turn;
import dev.chatkeep.x402.Checkout;
import dev.chatkeep.x402.PaymentDue;
import dev.chatkeep.x402.PaymentRefused;
import dev.chatkeep.x402.PaymentSettings;
import dev.chatkeep.x402.Receipt;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import tools.jackson.databind.node.ObjectNode;

/// Answers a turn as far as it is paid. One that was asked before is answered first of all, before rate limit,
/// free messages and payment; else a credit or a free message is taken; else it is paid for, or a 402 says what
/// is due.
@Component
final class Cashier implements DisposableBean {

    private static final Duration RETRY_EVERY = Duration.ofSeconds(5);

    private final Chatkeep chatkeep;
    private final @Nullable PaymentSettings settings;
    private final @Nullable Checkout checkout;

    Cashier(Chatkeep chatkeep, ApiSettings api) {
        this.chatkeep = chatkeep;
        this.settings = api.payments();
        this.checkout = settings == null ? null : new Checkout(settings, chatkeep.payments());
        if (checkout != null) {
            chatkeep.attend("payments", RETRY_EVERY, () -> checkout.retry(chatkeep.openPayments()));
        }
    }

    /// What a message to this model costs whoever sends it from this address.
    Charge charge(Model model, String address) {
        BigDecimal price = price(model);
        return price != null && price.signum() == 0
                ? Charge.NOTHING
                : new Charge(true, settings == null ? null : price, RateLimits.network(address));
    }

    /// In units of the asset; null when it has none.
    @Nullable
    BigDecimal price(Model model) {
        return model.price() != null || settings == null ? model.price() : settings.price();
    }

    /// The answer to this turn; empty when it has to be paid and is not, which the response then says.
    Optional<Answer> answer(Turn turn, HttpServletRequest request, HttpServletResponse response) throws IOException {
        Optional<TooMany> tooMany = RateLimitFilter.refusal(request);
        if (tooMany.isPresent()) {
            return Optional.of(chatkeep.replies().find(turn).orElseThrow(tooMany::get));
        }
        try {
            return Optional.of(chatkeep.replies().answer(turn));
        } catch (PaymentRequired spent) {
            if (checkout == null || turn.charge().price() == null) {
                throw spent;
            }
            return pay(checkout, turn, spent.turnKey(), request, response);
        }
    }

    private Optional<Answer> pay(
            Checkout open, Turn turn, String turnKey, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        String resource = request.getRequestURL().toString();
        Purpose purpose = new Purpose(
                turn.chatId(),
                turnKey,
                turn.model().id(),
                Objects.requireNonNull(turn.charge().price()));
        String refusal = null;
        try {
            Optional<Receipt> receipt = open.pay(turn.userId(), purpose, resource, version -> header(request, version));
            if (receipt.isPresent()) {
                response.setHeader(receipt.get().header(), receipt.get().value());
                return Optional.of(chatkeep.replies().answer(turn));
            }
        } catch (PaymentRefused refused) {
            refusal = refused.reason();
        } catch (PaymentRequired spent) {
            // The payment was kept for this turn for a while; another message was answered for it since.
            refusal = "payment_already_used";
        }
        write(open.due(purpose, resource), refusal, response);
        return Optional.empty();
    }

    private static @Nullable String header(HttpServletRequest request, int version) {
        return request.getHeader(version == 1 ? "X-PAYMENT" : "PAYMENT-SIGNATURE");
    }

    private static void write(PaymentDue due, @Nullable String refusal, HttpServletResponse response)
            throws IOException {
        if (!due.isPayable()) {
            throw new Unavailable(
                    "payments_unavailable", "Payments cannot be taken right now. Try again.", Duration.ofSeconds(30));
        }
        String word = refusal == null ? "payment_required" : refusal;
        ObjectNode body = due.body(word);
        Problem problem = Problem.of(
                HttpStatus.PAYMENT_REQUIRED,
                refusal == null ? "payment_required" : "payment_refused",
                refusal == null
                        ? "All free messages are used. This one has to be paid for."
                        : "The payment was refused: " + refusal + ".",
                null);
        body.put("success", false)
                .put("type", problem.type())
                .put("title", problem.title())
                .put("status", problem.status())
                .put("detail", problem.detail())
                .put("code", problem.code());
        response.setStatus(problem.status());
        response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
        response.setHeader("PAYMENT-REQUIRED", due.header(word));
        response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        response.getOutputStream().write(Json.MAPPER.writeValueAsBytes(body));
    }

    @Override
    public void destroy() {
        if (checkout != null) {
            checkout.close();
        }
    }
}
