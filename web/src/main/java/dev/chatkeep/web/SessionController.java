package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.ChatkeepException.Forbidden;
import dev.chatkeep.user.SignIn;
import dev.chatkeep.user.User;
import dev.chatkeep.web.SignIns.SignedInAnswer;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// `/api/auth`: guests, and the sessions of whoever is signed in.
@RestController
@RequestMapping("/api/auth")
final class SessionController {

    private final Chatkeep chatkeep;
    private final ApiSettings settings;
    private final SignIns signIns;

    SessionController(Chatkeep chatkeep, ApiSettings settings, SignIns signIns) {
        this.chatkeep = chatkeep;
        this.settings = settings;
        this.signIns = signIns;
    }

    record SessionAnswer(
            boolean success, User user, @Nullable UUID sessionId) {}

    record SessionsAnswer(
            boolean success,
            List<SignIn> sessions,
            @Nullable UUID currentSessionId) {}

    record RevokedAnswer(boolean success, int revoked) {}

    /// Makes a new user and signs them in.
    @PostMapping("/guest")
    SignedInAnswer guest(HttpServletRequest request, HttpServletResponse response) {
        if (!settings.guestsAllowed()) {
            throw new Forbidden("guests_disabled", "This server takes no guests.");
        }
        return signIns.open(chatkeep.users().createGuest(), request, response);
    }

    /// Who is signed in.
    @GetMapping("/session")
    SessionAnswer session(@AuthenticationPrincipal CurrentUser user) {
        return new SessionAnswer(true, chatkeep.users().get(user.id()), user.sessionId());
    }

    /// Ends this session. Signed in by an issuer's token there is none to end.
    @PostMapping("/logout")
    RevokedAnswer logout(
            @AuthenticationPrincipal CurrentUser user, HttpServletRequest request, HttpServletResponse response) {
        SessionCookie.clear(request, response);
        UUID session = user.sessionId();
        if (session != null) {
            chatkeep.sessions().revoke(user.id(), session);
        }
        return new RevokedAnswer(true, session == null ? 0 : 1);
    }

    /// The sessions that are not over, what was used last first.
    @GetMapping("/sessions")
    SessionsAnswer list(@AuthenticationPrincipal CurrentUser user) {
        return new SessionsAnswer(true, chatkeep.sessions().list(user.id()), user.sessionId());
    }

    /// Ends all sessions, or all but this one.
    @DeleteMapping("/sessions")
    RevokedAnswer revokeAll(
            @AuthenticationPrincipal CurrentUser user, @RequestParam(required = false) @Nullable String keepCurrent) {
        UUID kept = Words.flag("keepCurrent", keepCurrent) ? user.sessionId() : null;
        return new RevokedAnswer(true, chatkeep.sessions().revokeAll(user.id(), kept));
    }

    @DeleteMapping("/sessions/{sessionId}")
    RevokedAnswer revoke(@AuthenticationPrincipal CurrentUser user, @PathVariable String sessionId) {
        chatkeep.sessions().revoke(user.id(), Words.uuid("sessionId", sessionId));
        return new RevokedAnswer(true, 1);
    }
}
