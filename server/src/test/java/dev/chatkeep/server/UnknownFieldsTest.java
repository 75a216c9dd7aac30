package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import dev.chatkeep.server.DescribedApi.Operation;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/// A field that a body does not have is refused, but in a chat turn.
class UnknownFieldsTest {

    private static TestServer server;
    private static Api api;
    private static Api admin;

    @BeforeAll
    static void start() {
        TestWallet root = TestWallet.make();
        server = TestServer.answering(
                Scripts.saysText("Hi."),
                "chatkeep.auth.domains=" + TestWallet.DOMAIN,
                "chatkeep.auth.admins[0].issuer=solana",
                "chatkeep.auth.admins[0].subject=" + root.address());
        admin = root.signIn(server.url());
        api = server.guest();
        api.say("mine", "m", "hello");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<Operation> operations() {
        return DescribedApi.operations()
                .filter(Operation::hasBody)
                .filter(operation -> !operation.path().equals("/api/chat"));
    }

    @ParameterizedTest
    @MethodSource("operations")
    void ofABodyIsNamed(Operation operation) {
        for (String example : operation.bodies()) {
            ObjectNode body = (ObjectNode) Json.MAPPER.readTree(example);
            body.put("extra", 1);

            Api.Answer answer = call(operation, body);

            assertThat(answer.status()).as("%s answered %s", operation, answer).isEqualTo(400);
            assertThat(answer.code()).isEqualTo("invalid_field");
            assertThat(answer.field()).isEqualTo("extra");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"createdAt", "status", "source", "text", "Role"})
    void ofAWrittenMessageIsNamed(String field) {
        Api.Answer answer = api.post(
                "/api/chats/mine/messages",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":\"b\",\"" + field
                        + "\":\"x\"}]}");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.field()).isEqualTo("messages[1]." + field);
        assertThat(api.chat("mine").path("messages")).hasSize(2);
    }

    @Test
    void ofAChatTurnIsPassedOverAsStockClientsSendTheirOwn() {
        Api.Answer answer = api.post("/api/chat", """
                {"id":"extra","walletAddress":"x","messages":[{"id":"m","role":"user","createdAt":"2026-01-01",
                "parts":[{"type":"text","text":"hi","extra":1}]}]}""");

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }

    private static Api.Answer call(Operation operation, ObjectNode body) {
        boolean isOfAdmins = operation.path().startsWith("/api/admin/");
        String path = operation
                .path()
                .replace("{id}", "mine")
                .replaceAll("\\{.*?}", UUID.randomUUID().toString());
        return (isOfAdmins ? admin : api).send(operation.method(), path, BodyPublishers.ofString(body.toString()));
    }
}
