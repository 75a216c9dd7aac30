package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.TooMany;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/// Who reads how many streams on this node: each holds a connection and a thread for as long as it lasts.
final class Readers {

    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private final int most;
    private final Map<UUID, Integer> reading = new ConcurrentHashMap<>();

    Readers(int most) {
        this.most = most;
    }

    /// A stream that is read, until it is closed.
    interface Stream extends AutoCloseable {
        @Override
        void close();
    }

    /// @throws TooMany when this user reads as many as they may
    Stream open(UUID user) {
        int now = reading.merge(user, 1, Integer::sum);
        if (most > 0 && now > most) {
            close(user);
            throw new TooMany(
                    "too_many_streams", "You read as many answers at once as you may. Close one first.", RETRY_AFTER);
        }
        return () -> close(user);
    }

    private void close(UUID user) {
        reading.computeIfPresent(user, (id, count) -> count == 1 ? null : count - 1);
    }
}
