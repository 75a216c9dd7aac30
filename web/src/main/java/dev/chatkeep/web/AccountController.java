package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.JsonInput;
import dev.chatkeep.chat.Erasure;
import dev.chatkeep.db.Json;
import dev.chatkeep.user.User;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

/// `/api/auth/user`: the account of whoever is signed in, and its end.
@RestController
@RequestMapping("/api/auth")
final class AccountController {

    private final Chatkeep chatkeep;
    private final SessionCookie cookie;

    AccountController(Chatkeep chatkeep, SessionCookie cookie) {
        this.chatkeep = chatkeep;
        this.cookie = cookie;
    }

    record AccountAnswer(boolean success, User user, Json profile) {}

    record ErasureAnswer(boolean success, Erasure erasure) {}

    @GetMapping("/user")
    AccountAnswer get(@AuthenticationPrincipal CurrentUser user) {
        return new AccountAnswer(
                true, chatkeep.users().get(user.id()), chatkeep.profiles().get(user.id()));
    }

    @PatchMapping("/user")
    AccountAnswer update(@AuthenticationPrincipal CurrentUser user, HttpServletRequest request) {
        JsonNode patch = JsonInput.read("", Body.bytes(request));
        Json profile = chatkeep.profiles().patch(user.id(), patch);
        return new AccountAnswer(true, chatkeep.users().get(user.id()), profile);
    }

    /// Deletes the account and everything in it, when the body names the account once more.
    @DeleteMapping("/user")
    @ResponseStatus(HttpStatus.ACCEPTED)
    ErasureAnswer erase(
            @AuthenticationPrincipal CurrentUser user, HttpServletRequest request, HttpServletResponse response) {
        JsonNode confirm = JsonBody.read(Body.bytes(request), "confirm").path("confirm");
        if (!confirm.isString() || !confirm.stringValue().equals(user.id().toString())) {
            throw Invalid.field(
                    "confirm", "The id of the account that is to be deleted, as GET /api/auth/user has it.");
        }
        chatkeep.sessions().checkLive(user.id(), user.sessionId());
        Erasure erasure = chatkeep.erase(user.id());
        Audit.erasure(erasure.receipt(), request.getRemoteAddr());
        cookie.clear(request, response);
        return new ErasureAnswer(true, erasure);
    }

    /// How far an erasure is. Open to whoever has the receipt: the account it was for cannot sign in any more.
    @GetMapping("/erasures/{receipt}")
    ErasureAnswer erasure(@PathVariable String receipt) {
        UUID id = Words.uuid("receipt", receipt);
        return new ErasureAnswer(true, chatkeep.erasures().get(id));
    }
}
