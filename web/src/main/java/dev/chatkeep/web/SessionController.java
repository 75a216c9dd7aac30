package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.ChatkeepException.Forbidden;
import dev.chatkeep.db.TimeJson;
import dev.chatkeep.user.Device;
import dev.chatkeep.user.Sessions;
import dev.chatkeep.user.User;
import java.time.Instant;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.annotation.JsonSerialize;

/// `/api/auth`: signing in.
@RestController
@RequestMapping("/api/auth")
final class SessionController {

    private final Chatkeep chatkeep;
    private final ApiSettings settings;

    SessionController(Chatkeep chatkeep, ApiSettings settings) {
        this.chatkeep = chatkeep;
        this.settings = settings;
    }

    record SignedInAnswer(
            boolean success,
            String sessionToken,
            User user,
            @JsonSerialize(using = TimeJson.class) Instant expiresAt) {}

    /// Makes a new user and signs them in.
    @PostMapping("/guest")
    SignedInAnswer guest() {
        if (!settings.guestsAllowed()) {
            throw new Forbidden("guests_disabled", "This server takes no guests.");
        }
        User user = chatkeep.users().createGuest();
        Sessions.Opened opened = chatkeep.sessions().open(user.id(), Device.UNKNOWN);
        return new SignedInAnswer(
                true, opened.token().text(), user, opened.session().expiresAt());
    }
}
