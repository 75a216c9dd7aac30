package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a stranger learns from each route about what is another's: nothing. A route that is not in here fails.
class IsolationTest {

    private static final String MISSING = "missing";
    private static final String MINE = "stranger-own";
    private static final UUID SESSION = UUID.randomUUID();
    private static final TestWallet WALLET = TestWallet.make();
    private static final String APPENDED = """
            {"messages":[{"id":"new","role":"user","parts":[{"type":"text","text":"intruded"}]}]}""";

    /// A call with the id of a chat and of a message.
    private interface Call {
        Api.Answer make(Api api, String chatId, String messageId);
    }

    /// On a chat that is there; one that is not the caller's is not.
    private static final Map<String, Call> OF_A_CHAT = Map.ofEntries(
            Map.entry("GET /api/chats/{id}", (api, chat, message) -> api.get("/api/chats/" + chat)),
            Map.entry(
                    "PATCH /api/chats/{id}",
                    (api, chat, message) -> api.patch("/api/chats/" + chat, "{\"title\":\"taken\"}")),
            Map.entry("DELETE /api/chats/{id}", (api, chat, message) -> api.delete("/api/chats/" + chat)),
            Map.entry(
                    "POST /api/chats/{id}/restore",
                    (api, chat, message) -> api.post("/api/chats/" + chat + "/restore", "")),
            Map.entry(
                    "DELETE /api/chats/{id}/permanent",
                    (api, chat, message) -> api.delete("/api/chats/" + chat + "/permanent")),
            Map.entry(
                    "GET /api/chats/{id}/messages",
                    (api, chat, message) -> api.get("/api/chats/" + chat + "/messages")),
            Map.entry(
                    "POST /api/chats/{id}/messages",
                    (api, chat, message) -> api.post("/api/chats/" + chat + "/messages", APPENDED)),
            Map.entry(
                    "DELETE /api/chats/{id}/messages",
                    (api, chat, message) -> api.delete("/api/chats/" + chat + "/messages")),
            Map.entry(
                    "GET /api/chats/{id}/messages/{messageId}",
                    (api, chat, message) -> api.get("/api/chats/" + chat + "/messages/" + message)),
            Map.entry(
                    "DELETE /api/chats/{id}/messages/{messageId}",
                    (api, chat, message) -> api.delete("/api/chats/" + chat + "/messages/" + message)),
            Map.entry(
                    "GET /api/chats/{id}/messages/{messageId}/siblings",
                    (api, chat, message) -> api.get("/api/chats/" + chat + "/messages/" + message + "/siblings")),
            Map.entry(
                    "PUT /api/chats/{id}/branch",
                    (api, chat, message) -> api.put("/api/chats/" + chat + "/branch", "{\"branch\":0}")),
            Map.entry(
                    "DELETE /api/chats/{id}/branches/{branch}",
                    (api, chat, message) -> api.delete("/api/chats/" + chat + "/branches/0")),
            Map.entry("POST /api/chat/{id}/stop", (api, chat, message) -> api.post("/api/chat/" + chat + "/stop", "")));

    /// Says no more of a chat that is there than of one that is not, as long as it is not the caller's.
    private static final Map<String, Call> SILENT =
            Map.of("GET /api/chat/{id}/stream", (api, chat, message) -> api.get("/api/chat/" + chat + "/stream"));

    /// Makes a chat of the caller's own under an id that is free for them.
    private static final Map<String, Call> MAKING_A_CHAT = Map.of(
            "POST /api/chats", (api, chat, message) -> api.post("/api/chats", "{\"id\":\"" + chat + "\"}"),
            "POST /api/chat", (api, chat, message) -> api.post("/api/chat", Api.turn(chat, message, "Hello")));

    private static final Map<String, Call> LISTS = Map.of(
            "GET /api/chats",
                    (api, chat, message) -> api.get("/api/chats?status=all&includeStats=true&search=" + message),
            "GET /api/chats/deleted", (api, chat, message) -> api.get("/api/chats/deleted"),
            "GET /api/chats/recent", (api, chat, message) -> api.get("/api/chats/recent"));

    /// On a session of one's own; another's is not there (SessionApiTest).
    private static final Map<String, Call> OF_ONESELF = Map.ofEntries(
            Map.entry("GET /api/auth/user", (api, chat, message) -> api.get("/api/auth/user")),
            Map.entry(
                    "PATCH /api/auth/user",
                    (api, chat, message) -> api.patch("/api/auth/user", "{\"displayName\":\"x\"}")),
            Map.entry("DELETE /api/auth/user", (api, chat, message) -> api.delete("/api/auth/user")),
            Map.entry("GET /api/auth/session", (api, chat, message) -> api.get("/api/auth/session")),
            Map.entry("GET /api/auth/sessions", (api, chat, message) -> api.get("/api/auth/sessions")),
            Map.entry("DELETE /api/auth/sessions", (api, chat, message) -> api.delete("/api/auth/sessions")),
            Map.entry(
                    "DELETE /api/auth/sessions/{sessionId}",
                    (api, chat, message) -> api.delete("/api/auth/sessions/" + SESSION)),
            Map.entry("GET /api/auth/wallets", (api, chat, message) -> api.get("/api/auth/wallets")),
            Map.entry("POST /api/auth/wallets", (api, chat, message) -> api.post("/api/auth/wallets", "{}")),
            Map.entry(
                    "DELETE /api/auth/wallets/{chain}/{address}",
                    (api, chat, message) -> api.delete("/api/auth/wallets/solana/" + WALLET.address())),
            Map.entry("GET /api/free-messages/status", (api, chat, message) -> api.get("/api/free-messages/status")),
            Map.entry("GET /api/payments/history", (api, chat, message) -> api.get("/api/payments/history")),
            Map.entry("POST /api/auth/logout", (api, chat, message) -> api.post("/api/auth/logout", "")));

    /// For admins, which the stranger is not (FreeMessagesTest).
    private static final Set<String> OF_ADMINS = Set.of(
            "GET /api/admin/stats",
            "GET /api/admin/free-messages",
            "PUT /api/admin/free-messages/{userId}",
            "POST /api/admin/free-messages/{userId}/reset",
            "GET /api/admin/payments",
            "POST /api/admin/payments/{paymentId}/decide");

    private static final Set<String> OPEN = Set.of(
            "GET /api/health",
            "GET /api/models",
            "POST /api/auth/guest",
            "POST /api/auth/nonce",
            "POST /api/auth/login",
            "GET /api/auth/erasures/{receipt}",
            "GET /api/openapi.json",
            "GET /api/docs",
            "GET /api/docs/docs.js",
            "GET /api/docs/swagger-ui.css",
            "GET /api/docs/swagger-ui-bundle.js");

    /// Answers alike whoever asks for whatever.
    private static final Set<String> UNMAPPED = Set.of("ANY /api/**", "GET /api/health/**");

    private static TestServer server;
    private static Api owner;

    /// The owner's chats: live, public, in the trash, and deleted for good.
    private static final List<String> FOREIGN = List.of("foreign", "foreign-public", "foreign-trash", "foreign-gone");

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."), "chatkeep.auth.domains=" + TestWallet.DOMAIN);
        owner = WALLET.signIn(server.url());
        for (String chat : FOREIGN) {
            owner.say(chat, "secret", "secret");
        }
        owner.patch("/api/chats/foreign-public", "{\"visibility\":\"public\"}");
        owner.delete("/api/chats/foreign-trash");
        owner.delete("/api/chats/foreign-gone/permanent");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void everyRouteIsInTheMatrix() {
        var known = new TreeSet<String>();
        List.of(
                        OF_A_CHAT.keySet(),
                        MAKING_A_CHAT.keySet(),
                        SILENT.keySet(),
                        LISTS.keySet(),
                        OF_ONESELF.keySet(),
                        OF_ADMINS,
                        OPEN,
                        UNMAPPED)
                .forEach(known::addAll);

        assertThat(new TreeSet<>(server.routes().stream()
                        .filter(route -> route.contains(" /api/"))
                        .toList()))
                .isEqualTo(known);
    }

    static Set<String> routesOfAChat() {
        return new TreeSet<>(OF_A_CHAT.keySet());
    }

    @ParameterizedTest
    @MethodSource("routesOfAChat")
    @DisplayName("a foreign chat answers exactly like a missing one")
    void aForeignChatAnswersExactlyLikeAMissingOne(String route) {
        Call call = call(OF_A_CHAT, route);
        Api stranger = server.guest();
        List<String> before = rows();

        Api.Answer missing = call.make(stranger, MISSING, "secret");

        assertThat(missing.status()).isEqualTo(404);
        assertThat(missing.code()).isEqualTo("chat_not_found");
        for (String chat : FOREIGN) {
            assertThat(normal(call.make(stranger, chat, "secret"))).as(chat).isEqualTo(normal(missing));
        }
        assertThat(rows()).isEqualTo(before);
    }

    static Stream<String> routesOfAMessage() {
        return routesOfAChat().stream().filter(route -> route.contains("{messageId}"));
    }

    @ParameterizedTest
    @MethodSource("routesOfAMessage")
    @DisplayName("a foreign message answers exactly like a missing one in a chat of the stranger's own")
    void aForeignMessageAnswersLikeAMissingOneInAChatOfOnesOwn(String route) {
        Call call = call(OF_A_CHAT, route);
        Api stranger = server.guest();
        stranger.say(MINE, "own", "Hello");
        List<String> before = rows();

        Api.Answer missing = call.make(stranger, MINE, MISSING);

        assertThat(missing.status()).isEqualTo(404);
        assertThat(missing.code()).isEqualTo("message_not_found");
        for (String message : foreignMessages()) {
            assertThat(normal(call.make(stranger, MINE, message))).isEqualTo(normal(missing));
        }
        assertThat(rows()).isEqualTo(before);
    }

    static Set<String> routesMakingAChat() {
        return MAKING_A_CHAT.keySet();
    }

    @ParameterizedTest
    @MethodSource("routesMakingAChat")
    @DisplayName("a foreign id is as free as a missing one, and what it makes is the stranger's own")
    void aForeignIdIsAsFreeAsAMissingOne(String route) {
        Call call = call(MAKING_A_CHAT, route);
        List<String> before = rowsOf(owner);
        Api.Answer missing = call.make(server.guest(), MISSING, "secret");

        for (String chat : FOREIGN) {
            Api stranger = server.guest();
            Api.Answer made = call.make(stranger, chat, "secret");

            assertThat(made.status()).isEqualTo(missing.status());
            assertThat(shape(made, chat)).isEqualTo(shape(missing, MISSING));
            assertThat(stranger.chat(chat).toString()).doesNotContain("secret\",\"type");
        }
        assertThat(rowsOf(owner)).isEqualTo(before);
    }

    @Test
    void aForeignAnswerThatIsBeingWrittenIsAsSilentAsNone() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        try (TestServer slow = TestServer.answering(Scripts.waitsFor(goOn))) {
            Api busy = slow.guest();
            Api stranger = slow.guest();
            try (Api.Stream stream = busy.open(Api.turn("foreign", "secret", "secret"))) {
                stream.await(line -> line.contains("begun"));
                for (Call call : SILENT.values()) {
                    Api.Answer foreign = call.make(stranger, "foreign", "secret");
                    assertThat(foreign.status()).isEqualTo(204);
                    assertThat(normal(foreign)).isEqualTo(normal(call.make(stranger, MISSING, "secret")));
                }
                assertThat(stranger.post("/api/chat/foreign/stop", "").code()).isEqualTo("chat_not_found");
                assertThat(busy.lastStatus("foreign")).isEqualTo("streaming");
            }
        } finally {
            goOn.countDown();
        }
    }

    static Set<String> lists() {
        return LISTS.keySet();
    }

    @ParameterizedTest
    @MethodSource("lists")
    @DisplayName("a list shows nothing foreign")
    void aListShowsNothingForeign(String route) {
        Call call = call(LISTS, route);

        Api.Answer list = call.make(server.guest(), "", "secret");

        assertThat(list.status()).isEqualTo(200);
        assertThat(list.json().path("chats")).isEmpty();
        assertThat(list.json().path("pagination").path("total").intValue()).isZero();
        assertThat(list.text()).doesNotContain("foreign", "\"totalChats\":1");
        assertThat(call.make(owner, "", "secret").json().path("chats")).isNotEmpty();
    }

    @Test
    void whatIsOfOneselfShowsNothingForeign() {
        List<String> secrets = List.of(userId(owner), "secret", owner.token(), WALLET.address());
        for (Call call : OF_ONESELF.values()) {
            assertThat(call.make(server.guest(), "foreign", "secret").text()).doesNotContain(secrets);
        }
        assertThat(owner.get("/api/chats").status()).isEqualTo(200);
        assertThat(owner.get("/api/auth/wallets").text()).contains(WALLET.address());
    }

    @Test
    void aForeignWalletIsNotThereToBeTakenAway() {
        Api stranger = server.guest();

        Api.Answer foreign = stranger.delete("/api/auth/wallets/solana/" + WALLET.address());

        assertThat(foreign.status()).isEqualTo(404);
        assertThat(normal(foreign))
                .isEqualTo(normal(stranger.delete(
                        "/api/auth/wallets/solana/" + TestWallet.make().address())));
    }

    @Test
    void aForeignCursorShowsNothingForeign() {
        String chats = owner.get("/api/chats?limit=1")
                .json()
                .path("pagination")
                .path("nextCursor")
                .stringValue();
        String messages = owner.get("/api/chats/foreign/messages?limit=1")
                .json()
                .path("pagination")
                .path("nextCursor")
                .stringValue();
        Api stranger = server.guest();
        stranger.say(MINE, "own", "Hello");

        assertThat(stranger.get("/api/chats?cursor=" + chats).text()).doesNotContain("foreign", "secret");
        assertThat(stranger.get("/api/chats/foreign/messages?cursor=" + messages)
                        .code())
                .isEqualTo("chat_not_found");
        assertThat(stranger.get("/api/chats/" + MINE + "/messages?cursor=" + messages)
                        .text())
                .doesNotContain("secret");
    }

    @Test
    void twoUsersMayUseTheSameIdsWithoutMeeting() {
        Api one = server.guest();
        Api two = server.guest();
        one.say("same", "m1", "of one");

        two.say("same", "m1", "of two");

        assertThat(one.chat("same").toString()).contains("of one").doesNotContain("of two");
        assertThat(two.chat("same").toString()).contains("of two").doesNotContain("of one");
        two.delete("/api/chats/same/permanent");
        assertThat(one.chat("same").path("pagination").path("total").intValue()).isEqualTo(2);
    }

    @Test
    void withoutASessionNothingIsAnsweredButSignInHealthAndModels() {
        List<String> before = rows();
        for (Api nobody : List.of(server.nobody(), new Api(server.url(), "ck_wrong"))) {
            for (Map<String, Call> routes : List.of(OF_A_CHAT, MAKING_A_CHAT, SILENT, LISTS, OF_ONESELF)) {
                routes.values().forEach(call -> assertUnauthenticated(call.make(nobody, "foreign", "secret")));
            }
            assertUnauthenticated(nobody.get("/api/unknown"));
        }
        assertThat(rows()).isEqualTo(before);
    }

    private static void assertUnauthenticated(Api.Answer answer) {
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.code()).isEqualTo("unauthenticated");
        assertThat(answer.json().path("success").booleanValue()).isFalse();
        assertThat(answer.json().path("error").stringValue()).isNotBlank();
    }

    private static Call call(Map<String, Call> routes, String route) {
        Call call = routes.get(route);
        assertThat(call).as(route).isNotNull();
        return java.util.Objects.requireNonNull(call);
    }

    /// The answer, byte for byte, without the id under which the log knows it.
    private static Api.Answer normal(Api.Answer answer) {
        return new Api.Answer(answer.status(), answer.text().replaceAll(",?\"instance\":\"[^\"]*\"", ""));
    }

    /// The answer without what differs between any two chats: ids and times.
    private static String shape(Api.Answer answer, String chatId) {
        return answer.text()
                .replace("\"" + chatId + "\"", "CHAT")
                .replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID")
                .replaceAll("\\d{4}-\\d{2}-\\d{2}T[0-9:.]+Z", "TIME")
                .replaceAll("\"streamDuration\":\\d+", "DURATION");
    }

    private static List<String> foreignMessages() {
        return server.database()
                .sql()
                .sql("select id from chatkeep.message where chat_id like 'foreign%' and user_id = :owner")
                .param("owner", UUID.fromString(userId(owner)))
                .query((row, n) -> row.getString("id"))
                .list();
    }

    private static String userId(Api api) {
        return api.chat("foreign").path("chat").path("userId").stringValue();
    }

    private static List<String> rows() {
        return rows("");
    }

    private static List<String> rowsOf(Api api) {
        return rows("where user_id = '" + userId(api) + "'");
    }

    /// All rows of chats, their messages and counters, as text.
    private static List<String> rows(String where) {
        var rows = new ArrayList<String>();
        for (String table : List.of("chat", "message", "chat_title", "chat_tombstone", "run", "user_head")) {
            String text = "select '%s ' || t::text from chatkeep.%s t %s order by 1";
            rows.addAll(server.database()
                    .sql()
                    .sql(text.formatted(table, table, where))
                    .query((row, n) -> row.getString(1))
                    .list());
        }
        return rows;
    }
}
