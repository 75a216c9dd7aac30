package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.payment.Allowance;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/// `/api/free-messages`: how many messages one may still send without paying.
@RestController
@RequestMapping("/api/free-messages")
final class FreeMessageController {

    private final Chatkeep chatkeep;

    FreeMessageController(Chatkeep chatkeep) {
        this.chatkeep = chatkeep;
    }

    record FreeMessagesAnswer(boolean success, Allowance freeMessages) {}

    @GetMapping("/status")
    FreeMessagesAnswer status(@AuthenticationPrincipal CurrentUser user, HttpServletRequest request) {
        String network = RateLimits.network(request.getRemoteAddr());
        return new FreeMessagesAnswer(true, chatkeep.freeMessages().get(user.id(), network));
    }
}
