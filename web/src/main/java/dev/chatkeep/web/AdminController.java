package dev.chatkeep.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.chatkeep.Chatkeep;
import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.Platform.PlatformStats;
import dev.chatkeep.payment.Allowance;
import dev.chatkeep.payment.FreeMessages.UserAllowance;
import dev.chatkeep.payment.OpenPayments;
import dev.chatkeep.payment.OpenPayments.OpenPayment;
import dev.chatkeep.web.Paging.Names;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

/// `/api/admin`: for those the operator named. Nothing here shows what anyone said.
@RestController
@RequestMapping("/api/admin")
final class AdminController {

    private static final Names PAGE = new Names("limit", "offset", "cursor");
    private static final int ROWS = 50;
    private static final int LONGEST_TRANSACTION = 128;

    private final Chatkeep chatkeep;
    private final Admins admins;

    AdminController(Chatkeep chatkeep, Admins admins) {
        this.chatkeep = chatkeep;
        this.admins = admins;
    }

    record StatsAnswer(boolean success, PlatformStats stats) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record QuotasAnswer(
            boolean success,
            List<UserAllowance> users,
            @Nullable String nextCursor) {}

    record QuotaAnswer(boolean success, UUID userId, Allowance freeMessages) {}

    record OpenPaymentsAnswer(boolean success, List<OpenPayment> payments, long inDoubt) {}

    record DecidedAnswer(boolean success) {}

    /// What all users together have.
    @GetMapping("/stats")
    StatsAnswer stats(@AuthenticationPrincipal CurrentUser user) {
        admins.check(user);
        return new StatsAnswer(true, chatkeep.platform().stats());
    }

    /// The free messages of the users who had any, or have a limit of their own.
    @GetMapping("/free-messages")
    QuotasAnswer quotas(
            @AuthenticationPrincipal CurrentUser user,
            @RequestParam(required = false) @Nullable String limit,
            @RequestParam(required = false) @Nullable String cursor) {
        admins.check(user);
        int rows = Paging.of(PAGE, limit, null, ROWS).limit();
        UUID after = cursor == null ? null : Words.uuid("cursor", cursor);
        List<UserAllowance> users = chatkeep.freeMessages().list(rows, after);
        String next = users.size() < rows ? null : users.getLast().userId().toString();
        return new QuotasAnswer(true, users, next);
    }

    /// Gives a user a limit of their own, or with null the configured one again.
    @PutMapping("/free-messages/{userId}")
    QuotaAnswer setLimit(
            @AuthenticationPrincipal CurrentUser user, @PathVariable String userId, HttpServletRequest request) {
        admins.check(user);
        UUID of = Words.uuid("userId", userId);
        Integer limit = limit(JsonBody.read(Body.bytes(request), "limit").path("limit"));
        Allowance now = chatkeep.freeMessages().setLimit(of, limit);
        Audit.freeMessagesSet(user.id(), of, String.valueOf(limit), request.getRemoteAddr());
        return new QuotaAnswer(true, of, now);
    }

    /// Lets a user begin anew.
    @PostMapping("/free-messages/{userId}/reset")
    QuotaAnswer reset(
            @AuthenticationPrincipal CurrentUser user, @PathVariable String userId, HttpServletRequest request) {
        admins.check(user);
        UUID of = Words.uuid("userId", userId);
        Allowance now = chatkeep.freeMessages().reset(of);
        Audit.freeMessagesSet(user.id(), of, "reset", request.getRemoteAddr());
        return new QuotaAnswer(true, of, now);
    }

    /// Payments of which it is not decided how they end, the oldest first.
    @GetMapping("/payments")
    OpenPaymentsAnswer payments(
            @AuthenticationPrincipal CurrentUser user,
            @RequestParam(required = false) @Nullable String limit,
            @RequestParam(required = false) @Nullable String offset) {
        admins.check(user);
        Paging page = Paging.of(PAGE, limit, offset, ROWS);
        OpenPayments open = chatkeep.openPayments();
        return new OpenPaymentsAnswer(true, open.list(page.limit(), page.offset()), open.inDoubt());
    }

    /// Decides such a payment: by the transaction that moved the money, or by null when none did.
    @PostMapping("/payments/{paymentId}/decide")
    DecidedAnswer decide(
            @AuthenticationPrincipal CurrentUser user, @PathVariable String paymentId, HttpServletRequest request) {
        admins.check(user);
        UUID payment = Words.uuid("paymentId", paymentId);
        String transaction =
                transaction(JsonBody.read(Body.bytes(request), "transaction").path("transaction"));
        chatkeep.openPayments().decide(payment, transaction);
        Audit.paymentDecided(user.id(), payment, String.valueOf(transaction), request.getRemoteAddr());
        return new DecidedAnswer(true);
    }

    private static @Nullable Integer limit(JsonNode limit) {
        if (limit.isNull()) {
            return null;
        }
        if (!limit.isIntegralNumber() || !limit.canConvertToInt() || limit.intValue() < 0) {
            throw Invalid.field("limit", "A whole number from 0, or null.");
        }
        return limit.intValue();
    }

    private static @Nullable String transaction(JsonNode transaction) {
        if (transaction.isNull()) {
            return null;
        }
        if (!transaction.isString()
                || !transaction.stringValue().matches("[A-Za-z0-9]{1," + LONGEST_TRANSACTION + "}")) {
            throw Invalid.field("transaction", "The id of a transaction, or null.");
        }
        return transaction.stringValue();
    }
}
