package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

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
        assertThat(server.cost(() -> api.get("/api/chats?includeStats=true"))).isEqualTo(1);
    }

    @Test
    void aChatWithItsMessagesIsOneStatement() {
        assertThat(server.cost(() -> api.get("/api/chats/c"))).isEqualTo(1);
        assertThat(server.cost(() -> api.get("/api/chats/c?order=desc&messageOffset=3")))
                .isEqualTo(1);
    }

    @Test
    void aChangeIsOneStatement() {
        assertThat(server.cost(() -> api.patch("/api/chats/c", "{\"title\":\"t\"}")))
                .isEqualTo(1);
    }

    @Test
    void writingMessagesIsTwo() {
        assertThat(server.cost(() -> api.post("/api/chats/c/messages", """
                        {"messages":[{"id":"w%d","role":"user","content":"hello"}]}""".formatted(1_000 + turn++))))
                .isEqualTo(2);
    }

    @Test
    void aTurnIsTwoToBeginOneToReadTheWindowAndTwoToEnd() {
        assertThat(server.cost(() -> api.say("c", "t" + turn++, "hello"))).isEqualTo(5);
    }
}
