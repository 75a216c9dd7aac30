package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.server.DescribedApi.Operation;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// A query parameter that a route does not take is refused, as an unknown field is.
class QueryParametersTest {

    private static final List<String> DOCUMENTS = List.of("/api/health", "/api/docs", "/api/openapi.json");
    private static TestServer server;
    private static Api api;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."), "chatkeep.auth.domains=" + TestWallet.DOMAIN);
        api = server.guest();
        api.say("mine", "m", "hello");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<Operation> operations() {
        return DescribedApi.operations().filter(operation -> !DOCUMENTS.contains(operation.path()));
    }

    @ParameterizedTest
    @MethodSource("operations")
    void thatARouteDoesNotTakeIsRefusedAndTheAnswerSaysWhichItTakes(Operation operation) {
        Api.Answer answer = api.send(
                operation.method(),
                operation.path().replaceAll("\\{.*?}", "mine") + "?limitt=5",
                BodyPublishers.ofString(operation.bodies().getFirst()));

        assertRefused(answer, "limitt");
        String detail = answer.json().path("detail").stringValue();
        assertThat(operation.query())
                .allSatisfy(parameter ->
                        assertThat(detail).contains(parameter.path("name").stringValue()));
        assertThat(detail.contains("takes none")).isEqualTo(operation.query().isEmpty());
        assertThat(api.chat("mine").path("messages")).hasSize(2);
    }

    @ParameterizedTest
    @MethodSource("operations")
    void thatIsGivenTwiceIsRefused(Operation operation) {
        for (JsonNode parameter : operation.query()) {
            String name = parameter.path("name").stringValue();
            String path = operation.path().replaceAll("\\{.*?}", "mine");
            Api.Answer answer =
                    api.send(operation.method(), path + "?" + name + "=1&" + name + "=1", BodyPublishers.ofString(""));

            assertRefused(answer, name);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Limit=1",
                "limit%20=1",
                "limit%5B%5D=1",
                "limit.x=1",
                "lim%C3%ADt=1",
                "foo",
                "foo=",
                "_=1764000000"
            })
    void isComparedToTheLetter(String query) {
        assertThat(api.get("/api/chats?" + query).code()).isEqualTo("invalid_field");
    }

    @Test
    void comesAfterWhoAsksAndWhetherTheRouteIsThere() {
        assertThat(server.nobody().get("/api/chats?foo=1").status()).isEqualTo(401);
        assertThat(api.get("/api/nothing?foo=1").code()).isEqualTo("no_such_route");
        assertThat(api.send("HEAD", "/api/chats?foo=1", BodyPublishers.noBody()).status())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/api/health", "/api/health/liveness", "/api/docs", "/api/openapi.json", "/api/docs/docs.js"})
    void ofADocumentIsPassedOver(String path) {
        assertThat(server.nobody()
                        .get(path + "?utm_source=mail&utm_source=mail")
                        .status())
                .isEqualTo(200);
    }

    private static void assertRefused(Api.Answer answer, String field) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.code()).isEqualTo("invalid_field");
        assertThat(answer.field()).isEqualTo(field);
    }
}
