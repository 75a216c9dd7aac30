package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.db.TimeJson;
import dev.chatkeep.user.Device;
import dev.chatkeep.user.Sessions;
import dev.chatkeep.user.User;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Instant;
import java.util.UUID;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import tools.jackson.databind.annotation.JsonSerialize;

/// Opens sessions for users who have just proved who they are, whichever way they did.
@Component
final class SignIns {

    private final Chatkeep chatkeep;
    private final SessionCookie cookie;

    SignIns(Chatkeep chatkeep, SessionCookie cookie) {
        this.chatkeep = chatkeep;
        this.cookie = cookie;
    }

    record SignedInAnswer(
            boolean success,
            String sessionToken,
            User user,
            @JsonSerialize(using = TimeJson.class) Instant expiresAt) {}

    /// The answer to a sign-in: the token for programs, and a cookie for browsers.
    ///
    /// @param method how they proved who they are, for the audit log
    SignedInAnswer open(User user, String method, HttpServletRequest request, HttpServletResponse response) {
        Sessions.Opened opened = openSession(user.id(), method, request, response);
        return new SignedInAnswer(
                true, opened.token().text(), user, opened.session().expiresAt());
    }

    /// A new session, with its cookie on the response.
    Sessions.Opened openSession(UUID userId, String method, HttpServletRequest request, HttpServletResponse response) {
        Device device = new Device(request.getHeader(HttpHeaders.USER_AGENT), request.getRemoteAddr());
        Sessions.Opened opened = chatkeep.sessions().open(userId, device);
        Audit.signIn(userId, opened.session().id(), method, request.getRemoteAddr());
        TokenLimit.opened(request, opened.token().text());
        cookie.set(request, response, opened.token().text(), Sessions.LIFETIME);
        return opened;
    }
}
