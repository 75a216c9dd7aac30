package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.db.Json;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// The account of whoever is signed in, and its end.
class AccountApiTest {

    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Nested
    class TheProfile {

        private final Api user = server.guest();

        @Test
        void isMergedFieldByField() {
            user.patch("/api/auth/user", """
                    {"displayName":"Ada","preferences":{"theme":"dark","editor":{"tabs":2,"wrap":true}}}""");

            JsonNode merged = user.patch("/api/auth/user", """
                            {"displayName":null,"avatarUrl":"https://example.com/a.png",
                             "preferences":{"editor":{"tabs":null,"font":"mono"},"beta":true}}""").json().path("profile");

            assertThat(merged).isEqualTo(Json.MAPPER.readTree("""
                            {"avatarUrl":"https://example.com/a.png",
                             "preferences":{"beta":true,"theme":"dark","editor":{"font":"mono","wrap":true}}}"""));
            assertThat(user.get("/api/auth/user").json().path("profile")).isEqualTo(merged);
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '`',
                value = {
                    "{\"displayName\":\"\"} | displayName",
                    "{\"displayName\":7} | displayName",
                    "{\"avatarUrl\":\"javascript:alert(1)\"} | avatarUrl",
                    "{\"avatarUrl\":\"http://example.com/a.png\"} | avatarUrl",
                    "{\"preferences\":[]} | preferences",
                    "{\"isGuest\":false} | isGuest",
                    "{\"id\":\"x\"} | id",
                    "{} | ``",
                    "[] | ``",
                })
        void refusesWhatIsWrong(String body, String field) {
            Api.Answer answer = user.patch("/api/auth/user", body);

            assertThat(answer.status()).as(answer.text()).isEqualTo(400);
            assertThat(answer.field()).isEqualTo(field);
            assertThat(user.get("/api/auth/user").json().path("profile")).isEmpty();
        }

        @Test
        void isBounded() {
            String large = "{\"preferences\":{\"x\":\"" + "y".repeat(9_000) + "\"}}";
            assertThat(user.patch("/api/auth/user", large).status()).isEqualTo(200);

            Api.Answer more = user.patch("/api/auth/user", large.replace("\"x\"", "\"z\""));

            assertThat(more.status()).isEqualTo(400);
            assertThat(more.field()).isEqualTo("preferences");
            assertThat(user.patch("/api/auth/user", "{\"displayName\":\"" + "n".repeat(101) + "\"}")
                            .field())
                    .isEqualTo("displayName");
        }
    }

    @Nested
    class TheEnd {

        @Test
        void isConfirmedByTheAccountsOwnId() {
            Api user = server.guest();
            Api other = server.guest();

            for (String body : List.of("", "{}", "{\"confirm\":true}", "{\"confirm\":\"" + id(other) + "\"}")) {
                assertThat(erase(user, body).status()).as(body).isEqualTo(400);
            }
            assertThat(user.get("/api/chats").status()).isEqualTo(200);
        }

        @Test
        void leavesNothingButAReceipt() {
            Api neighbour = server.guest();
            neighbour.say("c", "m", "hello");
            Api user = server.guest();
            user.say("c", "m", "hello");
            user.post("/api/chats", "{\"id\":\"trash\",\"title\":\"Old\"}");
            user.delete("/api/chats/trash");
            user.post("/api/chats", "{\"id\":\"gone\"}");
            user.delete("/api/chats/gone/permanent");
            user.patch("/api/auth/user", "{\"displayName\":\"Ada\"}");
            String userId = id(user);
            List<String> before = rowsNaming(server.database(), id(neighbour));

            Api.Answer answer = erase(user, confirmed(user));

            assertThat(answer.status()).as(answer.text()).isEqualTo(202);
            assertThat(user.get("/api/chats").status()).isEqualTo(401);
            JsonNode erasure = awaitEnd(server.nobody(), answer);
            assertThat(erasure.path("chats").intValue()).isEqualTo(2);
            assertThat(erasure.path("messages").intValue()).isEqualTo(2);
            assertThat(rowsNaming(server.database(), userId)).isEmpty();
            assertThat(rowsNaming(server.database(), id(neighbour))).isEqualTo(before);
            assertThat(server.nobody()
                            .get("/api/auth/erasures/" + UUID.randomUUID())
                            .code())
                    .isEqualTo("erasure_not_found");
        }

        @Test
        void comesAlsoAfterAKillInTheMiddle() throws Exception {
            TestDatabase database = TestDatabase.create();
            String[] settings = {
                "chatkeep.database.url=" + database.url(),
                "chatkeep.database.user=" + database.user(),
                "chatkeep.database.password=" + database.password(),
                "chatkeep.auth.guest.enabled=true"
            };
            String userId;
            Api.Answer answer;
            try (ChildServer first = ChildServer.start(List.of("-Xmx256m"), settings);
                    Connection locking = database.source().getConnection()) {
                Api user = Api.guest(first.url());
                userId = id(user);
                user.post("/api/chats", "{\"id\":\"c\"}");
                fill(database, UUID.fromString(userId));
                holdOneMessage(locking);

                answer = erase(user, confirmed(user));
                await().atMost(Duration.ofSeconds(10))
                        .until(() -> database.count("message") < 10_000 && isWaiting(database));
                first.kill();
                locking.rollback();
            }
            assertThat(database.count("message")).isPositive();

            try (ChildServer second = ChildServer.start(List.of("-Xmx256m"), settings)) {
                JsonNode erasure = awaitEnd(new Api(second.url(), ""), answer);

                assertThat(erasure.path("messages").intValue()).isEqualTo(10_000);
                assertThat(rowsNaming(database, userId)).isEmpty();
            }
        }

        private static void fill(TestDatabase database, UUID user) {
            database.insertPayments(user, 1_000);
            database.sql().sql("""
                    insert into chatkeep.message
                        (user_id, chat_id, branch, pos, id, role, status, parts, payment_id, created_at)
                    select :user, 'c', 0, n, 'm' || n, 'user', 'complete', '[{"type":"text","text":"hello"}]',
                        case when n % 10 = 0 then lpad((n / 10)::text, 32, '0')::uuid end, now()
                    from generate_series(1, 10000) n
                    """).param("user", user).update();
        }

        /// The erasure meets it after some of its batches and waits.
        private static void holdOneMessage(Connection connection) throws SQLException {
            connection.setAutoCommit(false);
            try (var statement = connection.createStatement()) {
                statement.execute("select from chatkeep.message where id = 'm5000' for update");
            }
        }

        private static boolean isWaiting(TestDatabase database) {
            return database.sql()
                    .sql("select exists (select from pg_locks where not granted)")
                    .query(Boolean.class)
                    .single();
        }

        private static Api.Answer erase(Api user, String body) {
            return user.send("DELETE", "/api/auth/user", java.net.http.HttpRequest.BodyPublishers.ofString(body));
        }

        private static String confirmed(Api user) {
            return "{\"confirm\":\"" + id(user) + "\"}";
        }

        private static String id(Api user) {
            return user.get("/api/auth/user").json().path("user").path("id").stringValue();
        }

        private static JsonNode awaitEnd(Api nobody, Api.Answer answer) {
            String receipt = answer.json().path("erasure").path("receipt").stringValue();
            return await().atMost(Duration.ofSeconds(60))
                    .until(
                            () -> nobody.get("/api/auth/erasures/" + receipt)
                                    .json()
                                    .path("erasure"),
                            erasure -> erasure.has("finishedAt"));
        }

        /// Every row of every table that has this id anywhere in it.
        private static List<String> rowsNaming(TestDatabase database, String id) {
            var rows = new ArrayList<String>();
            List<String> tables = database.sql()
                    .sql("select table_name from information_schema.tables where table_schema = 'chatkeep' order by 1")
                    .query((row, n) -> row.getString(1))
                    .list();
            assertThat(tables).contains("message", "session", "erasure");
            for (String table : tables) {
                rows.addAll(database.sql()
                        .sql(
                                "select '%1$s ' || t::text from chatkeep.%1$s t where t::text like '%%' || :id || '%%' order by 1"
                                        .formatted(table))
                        .param("id", id)
                        .query((row, n) -> row.getString(1))
                        .list());
            }
            return rows;
        }
    }
}
