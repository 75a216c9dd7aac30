package dev.chatkeep.server;

import dev.chatkeep.web.RateLimits;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The connections of a connector: counted by address, and watched by one thread, which ends those that take too long.
/// Thread-safe.
final class ClientConnections {

    private static final Logger LOG = LoggerFactory.getLogger(ClientConnections.class);
    private static final Duration MAX_INTERVAL = Duration.ofSeconds(1);
    private static final Duration MIN_INTERVAL = Duration.ofMillis(20);

    private final ConnectionLimits limits;
    private final Map<SocketChannel, ClientConnection> open = new ConcurrentHashMap<>();
    private final Map<String, Integer> counts = new ConcurrentHashMap<>();
    private final CountDownLatch stopped = new CountDownLatch(1);

    ClientConnections(ConnectionLimits limits) {
        this.limits = limits;
    }

    /// @return whether its address may have one more
    boolean open(SocketChannel channel) {
        String network = network(channel);
        int count = counts.merge(network, 1, Integer::sum);
        if (limits.perAddress() > 0 && count > limits.perAddress()) {
            uncount(network);
            return false;
        }
        open.put(channel, new ClientConnection(channel, network, limits));
        return true;
    }

    /// May be called more than once.
    void closed(SocketChannel channel) {
        ClientConnection connection = open.remove(channel);
        if (connection != null) {
            uncount(connection.network());
        }
    }

    private void uncount(String network) {
        counts.computeIfPresent(network, (_, count) -> count == 1 ? null : count - 1);
    }

    @Nullable
    ClientConnection of(SocketChannel channel) {
        return open.get(channel);
    }

    /// Empty for a Unix domain socket, and for one that is closed already.
    private static String network(SocketChannel channel) {
        try {
            return channel.getRemoteAddress() instanceof InetSocketAddress remote
                    ? RateLimits.network(remote.getAddress())
                    : "";
        } catch (IOException closed) {
            return "";
        }
    }

    /// On a platform thread: virtual ones may all be busy with those who are waited for.
    void start() {
        Thread.ofPlatform().name("connection-watch").daemon().start(this::watch);
    }

    void stop() {
        stopped.countDown();
    }

    private void watch() {
        Duration tenth = limits.requestTimeout().dividedBy(10);
        Duration capped = tenth.compareTo(MAX_INTERVAL) < 0 ? tenth : MAX_INTERVAL;
        long interval = Math.max(capped.toMillis(), MIN_INTERVAL.toMillis());
        try {
            while (!stopped.await(interval, TimeUnit.MILLISECONDS)) {
                open.values().forEach(ClientConnections::check);
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private static void check(ClientConnection connection) {
        try {
            connection.check();
        } catch (IOException closed) {
            LOG.debug("a late connection was closed already", closed);
        } catch (Throwable failure) {
            // Nothing may end the watch.
            LOG.error("a connection could not be checked", failure);
        }
    }
}
