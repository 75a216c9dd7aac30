package dev.chatkeep.web;

import com.fasterxml.jackson.annotation.JsonInclude;
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
    private final Admins admins;
    private final SessionCookie cookie;

    SessionController(Chatkeep chatkeep, ApiSettings settings, SignIns signIns, Admins admins, SessionCookie cookie) {
        this.chatkeep = chatkeep;
        this.settings = settings;
        this.signIns = signIns;
        this.admins = admins;
        this.cookie = cookie;
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record SessionAnswer(
            boolean success,
            User user,
            boolean isAdmin,
            @Nullable UUID sessionId) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
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
        return signIns.open(chatkeep.users().createGuest(), "guest", request, response);
    }

    /// Who is signed in.
    @GetMapping("/session")
    SessionAnswer session(@AuthenticationPrincipal CurrentUser user) {
        return new SessionAnswer(true, chatkeep.users().get(user.id()), admins.isOne(user), user.sessionId());
    }

    /// Ends this session. Signed in by an issuer's token there is none to end.
    @PostMapping("/logout")
    RevokedAnswer logout(
            @AuthenticationPrincipal CurrentUser user, HttpServletRequest request, HttpServletResponse response) {
        cookie.clear(request, response);
        UUID session = user.sessionId();
        return session == null ? new RevokedAnswer(true, 0) : revoke(user, session, request);
    }

    /// The sessions that are not over, what was used last first.
    @GetMapping("/sessions")
    SessionsAnswer list(@AuthenticationPrincipal CurrentUser user) {
        return new SessionsAnswer(true, chatkeep.sessions().list(user.id()), user.sessionId());
    }

    /// Ends all sessions, or all but this one.
    @DeleteMapping("/sessions")
    RevokedAnswer revokeAll(
            @AuthenticationPrincipal CurrentUser user,
            @RequestParam(required = false) @Nullable String keepCurrent,
            HttpServletRequest request) {
        UUID kept = Words.flag("keepCurrent", keepCurrent) ? user.sessionId() : null;
        int revoked = chatkeep.sessions().revokeAll(user.id(), kept);
        Audit.sessionsRevoked(user.id(), revoked, request.getRemoteAddr());
        return new RevokedAnswer(true, revoked);
    }

    @DeleteMapping("/sessions/{sessionId}")
    RevokedAnswer revoke(
            @AuthenticationPrincipal CurrentUser user, @PathVariable String sessionId, HttpServletRequest request) {
        return revoke(user, Words.uuid("sessionId", sessionId), request);
    }

    private RevokedAnswer revoke(CurrentUser user, UUID session, HttpServletRequest request) {
        chatkeep.sessions().revoke(user.id(), session);
        Audit.sessionsRevoked(user.id(), 1, request.getRemoteAddr());
        return new RevokedAnswer(true, 1);
    }
}
