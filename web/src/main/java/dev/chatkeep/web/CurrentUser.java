package dev.chatkeep.web;

import java.security.Principal;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Who speaks in a request. A controller that takes one is never called without.
///
/// @param sessionId the session of the request's token; none when an issuer's token spoke for the user
public record CurrentUser(UUID id, @Nullable UUID sessionId) implements Principal {

    @Override
    public String getName() {
        return id.toString();
    }
}
