package dev.chatkeep.server;

import dev.chatkeep.run.Replies;
import java.time.Duration;
import org.springframework.context.SmartLifecycle;

/// Lets running answers end before the web server does, so that their readers see the end.
final class ReplyDrain implements SmartLifecycle {

    private final Replies replies;
    private final Duration patience;
    private volatile boolean running;

    ReplyDrain(Replies replies, Duration patience) {
        this.replies = replies;
        this.patience = patience;
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        replies.close(patience);
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
