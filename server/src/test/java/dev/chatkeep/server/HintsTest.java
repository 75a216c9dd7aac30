package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A refusal of the core, which knows no routes, names the request that helps.
class HintsTest {

    private static TestServer server;
    private static Api api;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."));
        api = server.guest();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String detail(Api.Answer answer) {
        return answer.json().path("detail").stringValue();
    }

    @Test
    void aChatInTheTrashIsBroughtBackByARequest() {
        api.post("/api/chats", "{\"id\":\"gone\"}");
        api.delete("/api/chats/gone");

        assertThat(detail(api.get("/api/chats/gone"))).contains("POST /api/chats/gone/restore");
    }

    @Test
    void whoIsNotSignedInIsToldHow() {
        assertThat(detail(server.nobody().get("/api/chats"))).contains("Authorization: Bearer");
    }

    @Test
    void whoNamesNoModelIsToldWhereTheyAre() {
        assertThat(detail(api.post("/api/chat", """
                        {"id":"c","model":"none","message":{"id":"m","role":"user","content":"Hello"}}"""))).contains("GET /api/models");
    }
}
