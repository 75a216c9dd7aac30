package dev.chatkeep.run;

import dev.chatkeep.message.Status;
import java.time.Instant;
import java.util.UUID;

/// An answer being written, or written.
///
/// @param branch of the answer's message
/// @param pos of the answer's message
/// @param epoch a writer that comes with another one is fenced off
public record Run(
        UUID userId,
        String chatId,
        UUID id,
        int branch,
        int pos,
        String messageId,
        Status status,
        int epoch,
        Instant startedAt) {}
