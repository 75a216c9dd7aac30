package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.db.TimeJson;
import dev.chatkeep.user.Device;
import dev.chatkeep.user.Sessions;
import dev.chatkeep.user.User;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Instant;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import tools.jackson.databind.annotation.JsonSerialize;

/// Opens sessions for users who have just proved who they are, whichever way they did.
@Component
final class SignIns {

    private final Chatkeep chatkeep;

    SignIns(Chatkeep chatkeep) {
        this.chatkeep = chatkeep;
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
        Device device = new Device(request.getHeader(HttpHeaders.USER_AGENT), request.getRemoteAddr());
        Sessions.Opened opened = chatkeep.sessions().open(user.id(), device);
        Audit.signIn(user.id(), opened.session().id(), method, request.getRemoteAddr());
        SessionCookie.set(request, response, opened.token().text(), Sessions.LIFETIME);
        return new SignedInAnswer(
                true, opened.token().text(), user, opened.session().expiresAt());
    }
}
