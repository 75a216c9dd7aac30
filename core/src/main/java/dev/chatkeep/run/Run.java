package dev.chatkeep.run;

import dev.chatkeep.message.Status;
import java.time.Instant;
import java.util.UUID;

/// An answer being written, or written.
///
/// @param branch of the answer's message
/// @param pos of the answer's message
/// @param nodeId the node that writes it, or wrote it
/// @param epoch a writer that comes with another one is fenced off
public record Run(
        UUID userId,
        String chatId,
        UUID id,
        int branch,
        int pos,
        String messageId,
        Status status,
        UUID nodeId,
        int epoch,
        Instant startedAt) {}
