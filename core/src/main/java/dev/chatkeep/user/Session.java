package dev.chatkeep.user;

import java.time.Instant;
import java.util.UUID;

/// A sign-in that lasts until `expiresAt`.
public record Session(UUID id, UUID userId, Instant expiresAt) {}
