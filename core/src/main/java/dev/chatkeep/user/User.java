package dev.chatkeep.user;

import dev.chatkeep.db.TimeJson;
import java.time.Instant;
import java.util.UUID;
import tools.jackson.databind.annotation.JsonSerialize;

/// Someone who owns chats. The id is made by the server and never changes.
public record User(
        UUID id,
        boolean isGuest,
        @JsonSerialize(using = TimeJson.class) Instant createdAt) {}
