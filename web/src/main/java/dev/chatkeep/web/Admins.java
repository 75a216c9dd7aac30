package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.ChatkeepException.Forbidden;
import org.springframework.stereotype.Component;

/// Who may run this server through the API: those the operator named.
@Component
final class Admins {

    private final Chatkeep chatkeep;
    private final ApiSettings settings;

    Admins(Chatkeep chatkeep, ApiSettings settings) {
        this.chatkeep = chatkeep;
        this.settings = settings;
    }

    boolean isOne(CurrentUser user) {
        return chatkeep.identities().hasOneOf(user.id(), settings.admins());
    }

    /// @throws Forbidden for anyone else
    void check(CurrentUser user) {
        if (!isOne(user)) {
            throw new Forbidden("admin_required", "Only an admin may do this.");
        }
    }
}
