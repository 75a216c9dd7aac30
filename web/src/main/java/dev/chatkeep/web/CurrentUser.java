package dev.chatkeep.web;

import java.security.Principal;
import java.util.UUID;

/// Who speaks in a request: the user of its session. A controller that takes one is never called without.
public record CurrentUser(UUID id, UUID sessionId) implements Principal {

    @Override
    public String getName() {
        return id.toString();
    }
}
