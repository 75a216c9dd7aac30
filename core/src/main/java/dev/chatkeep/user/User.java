package dev.chatkeep.user;

import java.time.Instant;
import java.util.UUID;

/// Someone who owns chats. The id is made by the server and never changes.
public record User(UUID id, boolean isGuest, Instant createdAt) {}
