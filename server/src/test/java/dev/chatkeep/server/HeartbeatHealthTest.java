package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// A server whose heartbeat stands still is about to lose its answers to others.
class HeartbeatHealthTest {

    @Test
    void isDownAndUpAgain() throws Exception {
        try (TestServer server = TestServer.start()) {
            assertThat(server.nobody().get("/api/health").status()).isEqualTo(200);
            try (Connection connection = server.database().source().getConnection()) {
                connection.setAutoCommit(false);
                try (var statement = connection.createStatement()) {
                    statement.execute("lock table chatkeep.node in access exclusive mode");
                }

                await().atMost(Duration.ofSeconds(20))
                        .until(() -> server.nobody().get("/api/health").status() == 503);
                connection.rollback();
            }
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> server.nobody().get("/api/health").status() == 200);
        }
    }
}
