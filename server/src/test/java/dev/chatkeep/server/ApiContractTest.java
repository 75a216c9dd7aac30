package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.Ids;
import dev.chatkeep.server.DescribedApi.Operation;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// What docs/api/openapi.json says is what a server does: each bound, word, refusal and answer is tried.
class ApiContractTest {

    /// The account that an example of the description names.
    private static final String SOME_ACCOUNT = "01a20766-49bd-74c7-8397-07de3d96a540";

    /// Refusals that take a state which this class does not bring about, or brings about elsewhere.
    private static final Set<Integer> NOT_TRIED = Set.of(402, 403, 408, 409, 429, 500, 503);

    private static final int MEBIBYTE = 1 << 20;

    private static TestIssuer issuer;
    private static TestServer server;
    private static Api api;
    private static Api admin;

    @BeforeAll
    static void start() throws IOException {
        issuer = new TestIssuer();
        TestWallet root = TestWallet.make();
        server = TestServer.answering(
                Scripts.saysText("Hi."),
                "chatkeep.auth.admins[0].issuer=solana",
                "chatkeep.auth.admins[0].subject=" + root.address(),
                "chatkeep.auth.domains=" + TestWallet.DOMAIN,
                "chatkeep.auth.issuers[0].issuer=" + issuer.name(),
                "chatkeep.auth.issuers[0].audience=chat");
        admin = root.signIn(server.url());
        api = server.guest();
        api.say("trashed", "m1", "hello");
        api.delete("/api/chats/trashed");
    }

    @AfterAll
    static void stop() {
        try (TestIssuer _ = issuer;
                TestServer _ = server) {
            // Closing is all there is to do.
        }
    }

    static Stream<Operation> operations() {
        return DescribedApi.operations();
    }

    @Test
    void everyReferenceLeadsSomewhere() {
        assertThat(DescribedApi.references())
                .isNotEmpty()
                .allSatisfy(reference -> assertThat(
                                DescribedApi.target(reference.stringValue()).isObject())
                        .as(reference.stringValue())
                        .isTrue());
    }

    @ParameterizedTest
    @MethodSource("operations")
    void itsExamplesAreAcceptedAndItsAnswersLookAsDescribed(Operation operation) {
        TestWallet wallet = TestWallet.make();
        Api user = wallet.signIn(server.url());
        user.post("/api/auth/wallets", TestWallet.make().proof(server.url()));
        for (String example : operation.bodies()) {
            String body = valid(example).replace(SOME_ACCOUNT, accountId(user));
            String chat = operation.path().contains("{id}") ? talked(user) : "";
            if (operation.path().endsWith("{branch}")) {
                user.post(
                        "/api/chat",
                        "{\"id\":\"" + chat + "\",\"trigger\":\"submit-message\",\"messageId\":\"m1\","
                                + "\"message\":{\"id\":\"m1\",\"role\":\"user\",\"content\":\"again\"}}");
            }
            String path = path(operation, chat, "m1")
                    .replaceAll("sessions/.*", "sessions/" + sessionId(user))
                    .replaceAll("wallets/.*", "wallets/solana/" + wallet.address())
                    .replaceAll(
                            "free-messages/[^/]+", isOfAdmins(operation) ? "free-messages/" + accountId(user) : "$0")
                    .replaceAll("payments/.*/decide", "payments/" + openPayment() + "/decide")
                    .replaceAll("erasures/.*", operation.path().contains("erasures") ? "erasures/" + erased() : "");
            Api.Answer answer = call(user, operation, path, body);

            assertThat(answer.status()).as(answer.text()).isBetween(200, 299);
        }
    }

    /// The example, or one that is signed now where it is a proof.
    private static String valid(String example) {
        if (example.contains("\"signature\"")) {
            return TestWallet.make().proof(server.url());
        }
        return example.contains("\"token\"") ? "{\"token\":\"" + issuer.token("ada") + "\"}" : example;
    }

    @ParameterizedTest
    @MethodSource("operations")
    void itsParametersHaveTheirBounds(Operation operation) {
        String chat = operation.query().isEmpty() ? "" : talked(api);
        for (JsonNode parameter : operation.query()) {
            String name = parameter.path("name").stringValue();
            for (String good : good(parameter.path("schema"))) {
                assertThat(get(operation, chat, name, good).status())
                        .as("%s?%s=%s", operation, name, good)
                        .isEqualTo(200);
            }
            for (String bad : bad(parameter.path("schema"))) {
                Api.Answer answer = get(operation, chat, name, bad);
                assertThat(answer.status()).as("%s?%s=%s", operation, name, bad).isEqualTo(400);
                assertThat(answer.field()).isEqualTo(name);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("operations")
    void itRefusesWithTheStatusesDescribed(Operation operation) {
        var seen = new TreeSet<Integer>();
        for (Api.Answer answer : provoked(operation)) {
            if (answer.status() >= 400) {
                seen.add(answer.status());
            }
        }

        var described = new TreeSet<>(operation.statuses());
        described.removeIf(status -> status < 400 || NOT_TRIED.contains(status));
        assertThat(seen).as(operation.toString()).isEqualTo(described);
    }

    @Test
    void whatChangesMessagesConflictsWithAnAnswerThatIsBeingWritten() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        try (TestServer slow = TestServer.answering(Scripts.waitsFor(goOn))) {
            for (Operation operation : operations()
                    .filter(each -> !each.path().contains("/wallets") && !isOfAdmins(each))
                    .filter(each -> !each.path().endsWith("/stream"))
                    .toList()) {
                Api user = slow.guest();
                String chat = "busy-" + operation.json().path("operationId").stringValue();
                try (Api.Stream stream = user.open(Api.turn(chat, "m1", "hello"))) {
                    stream.await(line -> line.contains("begun"));
                    String body = operation.path().equals("/api/chat")
                            ? Api.turn(chat, "m2", "and?")
                            : operation.bodies().getFirst();
                    Api.Answer answer = call(user, operation, path(operation, chat, "m1"), body);

                    assertThat(answer.status() == 409)
                            .as("%s answered %s", operation, answer)
                            .isEqualTo(operation.statuses().contains(409));
                }
            }
        } finally {
            goOn.countDown();
        }
    }

    private static List<Api.Answer> provoked(Operation operation) {
        var answers = new ArrayList<Api.Answer>();
        String body = operation.bodies().getFirst();
        answers.add(call(server.nobody(), operation, path(operation, "trashed", "m1"), body));
        if (operation.path().contains("{id}")) {
            answers.add(call(api, operation, path(operation, "a%20b", "m1"), body));
            answers.add(call(api, operation, path(operation, "missing", "m1"), body));
            if (!operation.path().matches(".*/(permanent|restore)")) {
                answers.add(call(api, operation, path(operation, "trashed", "m1"), body));
            }
        }
        if (operation.path().contains("{messageId}")) {
            String chat = talked(api);
            answers.add(call(api, operation, path(operation, chat, "a%20b"), body));
            answers.add(call(api, operation, path(operation, chat, "missing"), body));
        }
        if (operation.path().matches(".*\\{(sessionId|receipt|userId|paymentId)}.*")) {
            answers.add(call(api, operation, operation.path().replaceAll("\\{.*}", "nonsense"), body));
            answers.add(call(api, operation, path(operation, "", ""), body));
        }
        if (operation.path().equals("/api/chat")) {
            answers.add(call(api, operation, "/api/chat", "{\"id\":\"none\",\"trigger\":\"regenerate-message\"}"));
        }
        if (operation.path().contains("{address}")) {
            answers.add(call(api, operation, path(operation, "", ""), body));
        }
        if (operation.hasBody()) {
            String chat = talked(api);
            int most = (operation.path().endsWith("/messages") ? 4 : 1) * MEBIBYTE;
            String large = "{\"message\":{\"role\":\"user\",\"content\":\"" + "x".repeat(most) + "\"}}";
            answers.add(call(api, operation, path(operation, chat, "m1"), "{"));
            answers.add(call(api, operation, path(operation, chat, "m1"), "[]"));
            answers.add(call(api, operation, path(operation, chat, "m1"), large));
            answers.add(call(api, operation, path(operation, chat, "m1"), body.replace("my-chat", "trashed")));
            answers.add(inAnotherCoding(operation, path(operation, chat, "m1"), body));
        }
        if (operation.takesHeader("If-Match")) {
            Api.Answer answer = api.sendIfMatch("\"0\"", operation.method(), path(operation, talked(api), "m1"), body);
            operation.check(answer);
            answers.add(answer);
        }
        answers.add(get(operation, "missing", "unknown", "1"));
        for (JsonNode parameter : operation.query()) {
            for (String bad : bad(parameter.path("schema"))) {
                answers.add(get(operation, talked(api), parameter.path("name").stringValue(), bad));
            }
        }
        return answers;
    }

    private static List<String> good(JsonNode schema) {
        if (schema.has("enum")) {
            return schema.path("enum").valueStream().map(JsonNode::stringValue).toList();
        }
        if (schema.has("minimum")) {
            return List.of(
                    schema.path("minimum").asString(), schema.path("maximum").asString());
        }
        if (schema.has("maxLength")) {
            return List.of("x".repeat(schema.path("maxLength").asInt()));
        }
        if (schema.path("type").asString("").equals("boolean")) {
            // To end all sessions would end this one.
            return List.of("true");
        }
        return schema.path("format").asString("").equals("date-time") ? List.of("2026-11-23T10:15:30.5Z") : List.of();
    }

    private static List<String> bad(JsonNode schema) {
        if (schema.has("minimum")) {
            return List.of(
                    Long.toString(schema.path("minimum").asLong() - 1),
                    Long.toString(schema.path("maximum").asLong() + 1),
                    "1.5");
        }
        return List.of(
                schema.has("maxLength") ? "x".repeat(schema.path("maxLength").asInt() + 1) : "nonsense!");
    }

    private static Api.Answer get(Operation operation, String chat, String parameter, String value) {
        return call(api, operation, path(operation, chat, "m1") + "?" + parameter + "=" + value, "");
    }

    private static Api.Answer inAnotherCoding(Operation operation, String path, String body) {
        Api.Answer answer = caller(api, operation).sendWith("Content-Encoding", "br", operation.method(), path, body);
        operation.check(answer);
        return answer;
    }

    private static Api caller(Api as, Operation operation) {
        return isOfAdmins(operation) && !as.token().isEmpty() ? admin : as;
    }

    private static Api.Answer call(Api as, Operation operation, String path, String body) {
        Api caller = caller(as, operation);
        Api.Answer answer = caller.send(operation.method(), path, BodyPublishers.ofString(body));
        operation.check(answer);
        return answer;
    }

    private static String path(Operation operation, String chat, String message) {
        return operation
                .path()
                .replace("{id}", chat)
                .replace("{messageId}", message)
                .replace("{branch}", "0")
                .replace("{sessionId}", UUID.randomUUID().toString())
                .replace("{receipt}", UUID.randomUUID().toString())
                .replace("{userId}", UUID.randomUUID().toString())
                .replace("{paymentId}", UUID.randomUUID().toString())
                .replace("{chain}", "solana")
                .replace("{address}", "missing");
    }

    private static boolean isOfAdmins(Operation operation) {
        return operation.path().startsWith("/api/admin/");
    }

    /// A payment that is not decided, of a user of its own.
    private static String openPayment() {
        UUID user = UUID.fromString(accountId(server.guest()));
        server.database().insertPayments(user, 1);
        return server.database()
                .sql()
                .sql("""
                        update chatkeep.payment
                        set id = gen_random_uuid(), status = 'pending', is_spent = false, settled_at = null
                        where user_id = :user
                        returning id
                        """)
                .param("user", user)
                .query((row, n) -> row.getString("id"))
                .single();
    }

    private static String accountId(Api user) {
        return user.get("/api/auth/user").json().path("user").path("id").stringValue();
    }

    /// The receipt of an account that was deleted.
    private static String erased() {
        Api user = server.guest();
        String confirm = "{\"confirm\":\"" + accountId(user) + "\"}";
        return user.send("DELETE", "/api/auth/user", BodyPublishers.ofString(confirm))
                .json()
                .path("erasure")
                .path("receipt")
                .stringValue();
    }

    private static String sessionId(Api user) {
        return user.get("/api/auth/session").json().path("sessionId").stringValue();
    }

    private static String talked(Api user) {
        String chat = "chat-" + Ids.make();
        user.say(chat, "m1", "hello");
        return chat;
    }
}
