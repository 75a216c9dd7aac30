package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.Cursor;
import dev.chatkeep.payment.Payment;
import dev.chatkeep.payment.PaymentHistory;
import dev.chatkeep.payment.PaymentHistory.PaymentStats;
import dev.chatkeep.web.Paging.Names;
import dev.chatkeep.web.Paging.Pagination;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// `/api/payments`: what one has paid.
@RestController
@RequestMapping("/api/payments")
final class PaymentController {

    private static final Names PAGE = new Names("limit", "offset", "cursor");
    private static final int PAYMENTS = 50;

    private final Chatkeep chatkeep;

    PaymentController(Chatkeep chatkeep) {
        this.chatkeep = chatkeep;
    }

    record PaymentsAnswer(boolean success, List<Payment> payments, PaymentStats stats, Pagination pagination) {}

    /// The newest first.
    @GetMapping("/history")
    PaymentsAnswer history(
            @AuthenticationPrincipal CurrentUser user,
            @RequestParam(required = false) @Nullable String limit,
            @RequestParam(required = false) @Nullable String offset,
            @RequestParam(required = false) @Nullable String cursor) {
        Paging paging = Paging.of(PAGE, limit, offset, PAYMENTS);
        Cursor after = cursor == null ? null : Cursor.decode(cursor);
        PaymentHistory.Page page = chatkeep.paymentHistory().page(user.id(), paging.limit(), after, paging.offset());
        PaymentStats stats = chatkeep.paymentHistory().stats(user.id());
        return new PaymentsAnswer(true, page.payments(), stats, paging.of(stats.total(), page.nextCursor()));
    }
}
