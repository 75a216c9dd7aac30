package dev.chatkeep.server;

import dev.chatkeep.Chatkeep;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/// Says that this server is down when its heartbeat stands still: others are about to take its answers over.
final class NodeHealthIndicator implements HealthIndicator {

    private final Chatkeep chatkeep;

    NodeHealthIndicator(Chatkeep chatkeep) {
        this.chatkeep = chatkeep;
    }

    @Override
    public Health health() {
        return chatkeep.isAlive() ? Health.up().build() : Health.down().build();
    }
}
