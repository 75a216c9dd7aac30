package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The node's heartbeat goes on beside: each count is taken up to a few times, and the least is what the
/// request cost.
class StatementCountTest {

    private static TestServer server;
    private static Api api;
    private static int turn;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."));
        api = server.guest();
        for (int i = 0; i < 40; i++) {
            api.say("c", "w" + i, "hello");
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void aListIsOneStatement() {
        assertThat(cost(() -> api.get("/api/chats?includeStats=true"))).isEqualTo(1);
    }

    @Test
    void aChatWithItsMessagesIsOneStatement() {
        assertThat(cost(() -> api.get("/api/chats/c"))).isEqualTo(1);
        assertThat(cost(() -> api.get("/api/chats/c?order=desc&messageOffset=3")))
                .isEqualTo(1);
    }

    @Test
    void aChangeIsOneStatement() {
        assertThat(cost(() -> api.patch("/api/chats/c", "{\"title\":\"t\"}"))).isEqualTo(1);
    }

    @Test
    void writingMessagesIsTwo() {
        assertThat(cost(() -> api.post("/api/chats/c/messages", """
                        {"messages":[{"id":"w%d","role":"user","content":"hello"}]}""".formatted(1_000 + turn++))))
                .isEqualTo(2);
    }

    @Test
    void aTurnIsTwoToBeginOneToReadTheWindowAndTwoToEnd() {
        assertThat(cost(() -> api.say("c", "t" + turn++, "hello"))).isEqualTo(5);
    }

    private static long cost(Runnable request) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            least = Math.min(least, server.statements(request));
        }
        return least;
    }
}
