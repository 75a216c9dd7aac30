package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// An address has so many connections at once and no more.
@Tag("slow")
class ConnectionLimitTest {

    private static final String HEALTH = "GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

    private static boolean isServed(SlowClient client) {
        try {
            client.send(HEALTH).readTo("UP\"}");
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    @Test
    void oneMoreIsClosedAtOnceAndGivenBackWithTheNextThatEnds() throws IOException {
        try (TestServer server = TestServer.answering(Scripts.saysText("Hi."), "chatkeep.limits.connections=3");
                SlowClient one = new SlowClient(server);
                SlowClient two = new SlowClient(server)) {
            try (SlowClient three = new SlowClient(server)) {
                assertThat(List.of(one, two, three)).allMatch(ConnectionLimitTest::isServed);

                for (int i = 0; i < 5; i++) {
                    try (SlowClient four = new SlowClient(server)) {
                        assertThat(isServed(four)).isFalse();
                    }
                }
            }
            await().until(() -> {
                try (SlowClient again = new SlowClient(server)) {
                    return isServed(again);
                }
            });
            assertThat(isServed(one)).isTrue();
        }
    }

    /// Behind a proxy all come from its address.
    @ParameterizedTest
    @CsvSource({
        "none, , false",
        "native, , true",
        "framework, , true",
        "none, 0, true",
        "none, 1030, true",
        "native, 1000, false"
    })
    void thereAre1024UnlessAProxyIsBelievedOrTheOperatorSaysSo(String strategy, String limit, boolean served)
            throws IOException {
        List<String> settings = new ArrayList<>(List.of("server.forward-headers-strategy=" + strategy));
        if (limit != null) {
            settings.add("chatkeep.limits.connections=" + limit);
        }
        List<SlowClient> clients = new ArrayList<>();
        try (TestServer server = TestServer.answering(Scripts.saysText("Hi."), settings.toArray(String[]::new))) {
            for (int i = 0; i < 1_025; i++) {
                clients.add(new SlowClient(server));
            }

            assertThat(isServed(clients.getLast())).isEqualTo(served);
            assertThat(isServed(clients.getFirst())).isTrue();
        } finally {
            for (SlowClient client : clients) {
                client.close();
            }
        }
    }
}
