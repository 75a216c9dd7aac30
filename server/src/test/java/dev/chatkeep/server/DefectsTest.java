package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.Generator;
import dev.chatkeep.run.ModelEvent;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Defects that the original was proven to have (N4 to N8 of the requirements); none may come back. What a kill -9
/// leaves is in [KillTest].
class DefectsTest {

    private static final AtomicReference<Generator> SCRIPT = new AtomicReference<>(Scripts.saysText("Hi."));
    private static TestServer server;
    private Api api;

    @BeforeAll
    static void start() {
        server = TestServer.answering(
                (prompt, cancellation, sink) -> SCRIPT.get().generate(prompt, cancellation, sink));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void signIn() {
        SCRIPT.set(Scripts.saysText("Hi."));
        api = server.guest();
    }

    @Nested
    class N4WhoseChat {

        @Test
        void writingIntoAnothersChatWritesIntoOnesOwn() {
            Api other = server.guest();
            api.say("c", "m", "of A");
            String before = api.chat("c").toString();

            other.say("c", "m2", "of B");

            assertThat(api.chat("c").toString()).isEqualTo(before);
            assertThat(other.chat("c").toString()).contains("of B").doesNotContain("of A");
        }

        @Test
        void aForeignChatIsNoOracle() {
            api.say("c", "m", "of A");
            Api other = server.guest();

            assertThat(other.get("/api/chats/c")).isEqualTo(other.get("/api/chats/missing"));
            assertThat(other.get("/api/chats/c").status()).isEqualTo(404);
        }

        @Test
        void aDeletedChatIsGoneAndTheWayBackIsTold() {
            api.say("c", "m", "hello");
            api.delete("/api/chats/c");

            Api.Answer answer = api.post("/api/chat", Api.turn("c", "m2", "still there?"));

            assertThat(answer.status()).isEqualTo(410);
            assertThat(answer.text()).contains("POST /api/chats/c/restore");
            assertThat(total("/api/chats?status=all")).isEqualTo(1);
            api.post("/api/chats/c/restore", "");
            assertThat(api.chat("c").toString()).contains("hello").doesNotContain("still there?");
        }

        @Test
        void anUnknownChatIsMadeUnderThatVeryId() {
            api.say("chosen-by-me", "m", "hello");

            JsonNode list = api.get("/api/chats").json();
            assertThat(ids(list.path("chats"))).containsExactly("chosen-by-me");
        }
    }

    @Nested
    class N5Lists {

        @Test
        void totalsAreTrueAndNumbers() {
            for (int i = 0; i < 3; i++) {
                api.say("c" + i, "m", "hello");
            }
            api.say("c0", "m2", "hello");

            JsonNode chats =
                    api.get("/api/chats?limit=1&offset=1&includeStats=true").json();
            JsonNode messages = api.get("/api/chats/c0?messageLimit=1").json();

            assertThat(chats.path("chats")).hasSize(1);
            assertThat(chats.path("pagination").path("total").toString()).isEqualTo("3");
            assertThat(chats.path("stats").path("totalMessages").toString()).isEqualTo("8");
            assertThat(messages.path("messages")).hasSize(1);
            assertThat(messages.path("pagination").path("total").toString()).isEqualTo("4");
        }

        @ParameterizedTest
        @ValueSource(strings = {"%25", "_", "%25%25", "a_b", "h%25o", "h_llo"})
        void wildcardsOfSqlAreNotWildcardsOfASearch(String search) {
            api.post("/api/chats", "{\"title\":\"hello\"}");

            assertThat(total("/api/chats?search=" + search)).isZero();
        }

        @ParameterizedTest
        @CsvSource({
            "limit,abc",
            "limit,-1",
            "limit,0",
            "limit,201",
            "limit,1.5",
            "limit,''",
            "offset,-5",
            "offset,abc",
            "limit,99999999999"
        })
        void aNumberThatIsNoneIsRefused(String name, String value) {
            api.say("c", "m", "hello");
            for (String path : List.of(
                    "/api/chats?" + name,
                    "/api/chats/recent?" + name,
                    "/api/chats/deleted?" + name,
                    "/api/chats/c/messages?" + name,
                    "/api/chats/c?message" + (name.equals("limit") ? "Limit" : "Offset"))) {
                Api.Answer answer = api.get(path + "=" + value);

                assertThat(answer.status()).as(path).isEqualTo(400);
                assertThat(answer.field()).isEqualTo(path.substring(path.indexOf('?') + 1));
            }
            assertThat(api.get("/api/chats?limit=200").status()).isEqualTo(200);
            assertThat(api.get("/api/chats/c?messageLimit=1").status()).isEqualTo(200);
        }

        @Test
        void tiesNeitherRepeatNorLoseRows() {
            for (int i = 0; i < 9; i++) {
                api.say("c" + i, "m", "hello");
            }
            String user = api.chat("c0").path("chat").path("userId").stringValue();
            server.database()
                    .sql()
                    .sql("update chatkeep.chat set updated_at = now(), created_at = now() where user_id = :user::uuid")
                    .param("user", user)
                    .update();
            append("c0", IntStream.range(0, 7).mapToObj(i -> "n" + i));

            for (String path : List.of("/api/chats?", "/api/chats?status=all&", "/api/chats/c0/messages?")) {
                String rows = path.contains("messages") ? "messages" : "chats";
                var whole = ids(api.get(path).json().path(rows));
                var byOffset = new ArrayList<String>();
                for (int offset = 0; offset < 9; offset += 2) {
                    byOffset.addAll(ids(
                            api.get(path + "limit=2&offset=" + offset).json().path(rows)));
                }
                assertThat(whole).hasSize(9).doesNotHaveDuplicates();
                assertThat(byOffset).isEqualTo(whole);
            }
        }

        @Test
        void theNewestOfManyMessagesIsOneCallAway() {
            api.post("/api/chats", "{\"id\":\"long\"}");
            append("long", IntStream.range(0, 100).mapToObj(i -> "m" + i));
            append("long", IntStream.range(100, 150).mapToObj(i -> "m" + i));

            JsonNode newest =
                    api.get("/api/chats/long?order=desc&messageLimit=2").json();

            assertThat(ids(newest.path("messages"))).containsExactly("m149", "m148");
            assertThat(ids(api.get("/api/chats/long?messageOffset=148").json().path("messages")))
                    .containsExactly("m148", "m149");
        }
    }

    @Nested
    class N6WhatIsKept {

        @Test
        void everythingAModelSaysIsKeptAndNotOnlyItsLastText() {
            SCRIPT.set(Scripts.says(
                    new ModelEvent.ReasoningDelta("I must look."),
                    new ModelEvent.ReasoningEnd(null),
                    new ModelEvent.TextDelta("Let me look."),
                    new ModelEvent.ToolInputStart("t1", "search"),
                    new ModelEvent.ToolInput("t1", "search", "{\"q\":\"a\"}"),
                    new ModelEvent.ToolOutput("t1", new Json("{\"hits\":[1,2]}")),
                    new ModelEvent.ReasoningDelta("Two hits."),
                    new ModelEvent.ReasoningEnd(null),
                    new ModelEvent.TextDelta("There are two."),
                    Scripts.STOP));

            api.say("c", "m", "How many?");

            JsonNode parts = api.chat("c").path("messages").get(1).path("parts");
            assertThat(parts.valueStream().map(part -> part.path("type").stringValue()))
                    .containsExactly("step-start", "reasoning", "text", "dynamic-tool", "reasoning", "text");
            assertThat(parts.get(3).path("input").toString()).isEqualTo("{\"q\":\"a\"}");
            assertThat(parts.get(3).path("output").toString()).isEqualTo("{\"hits\":[1,2]}");
            assertThat(parts.toString()).contains("I must look.", "Let me look.", "Two hits.", "There are two.");
        }

        @Test
        void dataPartsAreKept() {
            String parts = """
                    [{"type":"data-report","id":"d1","data":{"files":["a.ts"],"n":1.50}},
                     {"type":"source-url","sourceId":"s","url":"https://example.org"},
                     {"type":"tool-run","toolCallId":"t","state":"output-available","input":{"a":1},"output":null}]""";
            api.post("/api/chats", "{\"id\":\"c\"}");

            api.post("/api/chats/c/messages", """
                    {"messages":[{"id":"a","role":"assistant","parts":%s}]}""".formatted(parts));

            assertThat(api.chat("c").path("messages").get(0).path("parts")).isEqualTo(Json.MAPPER.readTree(parts));
        }

        @Test
        void whatWasSaidBeforeTheProviderBrokeIsKept() {
            SCRIPT.set((prompt, cancellation, sink) -> {
                sink.accept(new ModelEvent.TextDelta("Half an answer"));
                throw new GenerationException(GenerationException.Kind.BROKEN, "connection reset");
            });

            api.say("c", "m", "Hello");

            JsonNode answer = api.chat("c").path("messages").get(1);
            assertThat(answer.path("status").stringValue()).isEqualTo("failed");
            assertThat(answer.path("parts").toString()).contains("Half an answer");
        }

        @Test
        void anAnswerNobodyReadsIsKept() throws Exception {
            CountDownLatch goOn = new CountDownLatch(1);
            SCRIPT.set(Scripts.waitsFor(goOn));
            try (Api.Stream stream = api.open(Api.turn("c", "m", "Hello"))) {
                stream.await(line -> line.contains("begun"));
            }
            goOn.countDown();

            await().untilAsserted(() -> assertThat(api.lastStatus("c")).isEqualTo("complete"));
            assertThat(api.chat("c").toString()).contains("begun ended");
        }

        @Test
        void aNulLosesNeitherQuestionNorAnswer() {
            SCRIPT.set(Scripts.saysText("an\0swer"));

            api.say("c", "m", "ques\0tion");

            JsonNode messages = api.chat("c").path("messages");
            assertThat(messages.get(0).path("parts").get(0).path("text").stringValue())
                    .isEqualTo("ques\uFFFDtion");
            assertThat(messages.get(1).toString()).contains("an\uFFFDswer");
        }
    }

    @Nested
    class N7TheDatabase {

        @Test
        void isAwayWith503AndNeverAnEmptyList() throws Exception {
            TestDatabase database = TestDatabase.create();
            try (TestProxy proxy = new TestProxy(database.port());
                    TestServer behind = TestServer.answering(Scripts.saysText("Hi."), database.behind(proxy.port()))) {
                Api user = behind.guest();
                user.say("c", "m", "hello");
                proxy.cut();
                List<Api.Answer> away = List.of(
                        user.get("/api/chats"),
                        user.get("/api/chats/recent"),
                        user.get("/api/chats/c"),
                        user.get("/api/chats/c/messages"),
                        user.patch("/api/chats/c", "{\"title\":\"x\"}"),
                        user.post("/api/chat", Api.turn("c", "m2", "hello?")));
                proxy.mend();

                assertThat(away).allSatisfy(answer -> {
                    assertThat(answer.status()).as(answer.text()).isEqualTo(503);
                    assertThat(answer.code()).isEqualTo("database_unavailable");
                    assertThat(answer.json().path("success").booleanValue()).isFalse();
                    assertThat(answer.json().has("chats")).isFalse();
                    assertThat(answer.text()).doesNotContainIgnoringCase("hikari", "jdbc", "127.0.0.1", "select");
                });
                await().atMost(Duration.ofSeconds(20))
                        .until(() -> user.get("/api/chats").status() == 200);
                assertThat(ids(user.get("/api/chats").json().path("chats"))).containsExactly("c");
                assertThat(user.say("c", "m2", "hello again")
                                .getLast()
                                .path("type")
                                .stringValue())
                        .isEqualTo("finish");
            }
        }

        @Test
        void beginsATurnInOneTransactionAndEndsItInOne() throws Exception {
            CountDownLatch goOn = new CountDownLatch(1);
            SCRIPT.set(Scripts.waitsFor(goOn));
            try (Api.Stream stream = api.open(Api.turn("c", "m", "Hello"))) {
                stream.await(line -> line.contains("begun"));

                assertThat(writers("chat", "user_head", "chat_title", "message", "run"))
                        .hasSize(1);

                goOn.countDown();
                stream.await(line -> line.contains("[DONE]"));
            }
            assertThat(writers("chat", "user_head", "run")).hasSize(1);
            assertThat(writers("message")).hasSize(2).containsAll(writers("chat"));
        }

        @Test
        void keepsNothingOfATurnThatFailsHalfWay() {
            api.post("/api/chats", "{\"id\":\"before\"}");
            var sql = server.database().sql();
            sql.sql("alter table chatkeep.message add constraint no_elephant check (parts::text not like '%elephant%')")
                    .update();
            try {
                Api.Answer answer = api.post("/api/chat", Api.turn("c", "m", "elephant"));

                assertThat(answer.status()).isEqualTo(500);
                assertThat(answer.text()).doesNotContain("elephant", "constraint", "chatkeep.message");
            } finally {
                sql.sql("alter table chatkeep.message drop constraint no_elephant")
                        .update();
            }
            assertThat(ids(api.get("/api/chats").json().path("chats"))).containsExactly("before");
            assertThat(total("/api/chats")).isEqualTo(1);
            assertThat(api.say("c", "m", "mouse").getLast().path("type").stringValue())
                    .isEqualTo("finish");
        }

        /// The transactions that wrote the user's rows of these tables as they now are.
        private List<String> writers(String... tables) {
            String user = api.get("/api/chats")
                    .json()
                    .path("chats")
                    .get(0)
                    .path("userId")
                    .stringValue();
            String each = Stream.of(tables)
                    .map(table -> "select xmin::text from chatkeep." + table + " where user_id = :user::uuid")
                    .reduce((one, two) -> one + " union " + two)
                    .orElseThrow();
            return server.database()
                    .sql()
                    .sql(each)
                    .param("user", user)
                    .query((row, n) -> row.getString(1))
                    .list();
        }
    }

    @Nested
    class N8Input {

        @Test
        void timesAreTrueAndInUtc() {
            assertThat(TimeZone.getDefault().getOffset(System.currentTimeMillis()))
                    .isNotZero();
            Instant before = Instant.now().minusMillis(1);
            api.say("c", "m", "Hello");
            api.say("thrown", "m", "Hello");
            api.delete("/api/chats/thrown");

            String all = api.chat("c").toString()
                    + api.get("/api/chats/deleted").text()
                    + server.nobody().post("/api/auth/guest", "").json().path("user");

            var times = Pattern.compile("\"(createdAt|updatedAt|deletedAt)\":\"([^\"]*)\"")
                    .matcher(all)
                    .results()
                    .toList();
            assertThat(times).hasSizeGreaterThanOrEqualTo(8);
            assertThat(times).allSatisfy(time -> {
                assertThat(time.group(2)).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,3})?Z");
                assertThat(Instant.parse(time.group(2))).isBetween(before, Instant.now());
            });
            Instant stored = server.database()
                    .sql()
                    .sql("select extract(epoch from max(updated_at)) * 1000 from chatkeep.chat")
                    .query((row, n) -> Instant.ofEpochMilli(row.getLong(1)))
                    .single();
            assertThat(stored).isBetween(before, Instant.now());
        }

        @ParameterizedTest
        @CsvSource({"POST,/api/chat", "POST,/api/chats", "POST,/api/chats/c/messages", "PATCH,/api/chats/c"})
        void aMessageOfTwentyMegabytesIsRefused(String method, String path) {
            api.post("/api/chats", "{\"id\":\"c\"}");
            String text = "x".repeat(20 << 20);
            String message =
                    "{\"id\":\"m\",\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"" + text + "\"}]}";
            String body = path.equals("/api/chats/c") || path.equals("/api/chats")
                    ? "{\"title\":\"" + text + "\"}"
                    : "{\"id\":\"c\",\"messages\":[" + message + "]}";

            Api.Answer answer = api.send(method, path, BodyPublishers.ofString(body));

            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.code()).isEqualTo("too_large");
            assertThat(answer.text()).hasSizeLessThan(1_000);
            assertThat(api.chat("c").path("messages")).isEmpty();
            assertThat(total("/api/chats")).isEqualTo(1);
        }

        @ParameterizedTest
        @CsvSource({"POST,/api/chat", "POST,/api/chats", "POST,/api/chats/c/messages", "PATCH,/api/chats/c"})
        void malformedJsonIsABadRequestWithoutAStackTrace(String method, String path) {
            api.post("/api/chats", "{\"id\":\"c\"}");
            for (String body : List.of("{\"title\":", "{'title':'x'}", "\u0000", "[", "{\"a\":1}}")) {
                Api.Answer answer = api.send(method, path, BodyPublishers.ofString(body));

                assertThat(answer.status()).as(body).isEqualTo(400);
                assertThat(answer.code()).isEqualTo("malformed_json");
                assertThat(answer.text()).doesNotContain("Exception", "at dev.", "jackson");
            }
        }

        @Test
        void theTenthMessageComesAfterTheSecond() {
            for (int i = 1; i <= 6; i++) {
                api.say("c", "m" + i, "message " + i);
            }
            append("c", IntStream.rangeClosed(7, 12).mapToObj(i -> "m" + i));

            List<String> own = ids(api.chat("c").path("messages")).stream()
                    .filter(id -> id.startsWith("m"))
                    .toList();

            assertThat(own).containsExactly("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9", "m10", "m11", "m12");
        }
    }

    private void append(String chatId, Stream<String> ids) {
        List<Map<String, Object>> messages = ids.map(id -> Map.<String, Object>of(
                        "id", id, "role", "user", "parts", List.of(Map.of("type", "text", "text", id))))
                .toList();
        Api.Answer answer = api.post(
                "/api/chats/" + chatId + "/messages", Json.MAPPER.writeValueAsString(Map.of("messages", messages)));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }

    private int total(String path) {
        return api.get(path).json().path("pagination").path("total").intValue();
    }

    private static List<String> ids(JsonNode rows) {
        return rows.valueStream().map(row -> row.path("id").stringValue()).toList();
    }
}
