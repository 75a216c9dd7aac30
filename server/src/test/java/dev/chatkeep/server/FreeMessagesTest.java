package dev.chatkeep.server;

import static dev.chatkeep.server.RaceTest.assertCountersAreTrue;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.Generator;
import dev.chatkeep.run.ModelEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class FreeMessagesTest {

    private static final int AT_ONCE = 50;
    private static final TestWallet WALLET = TestWallet.make();

    private static TestServer server(Generator model, String... settings) {
        var all = new java.util.ArrayList<>(List.of("chatkeep.auth.domains=" + TestWallet.DOMAIN));
        all.addAll(List.of(settings));
        return TestServer.answering(model, all.toArray(String[]::new));
    }

    private static TestServer allowing(int limit, String... settings) {
        var all = new java.util.ArrayList<>(List.of("chatkeep.free-messages.limit=" + limit));
        all.addAll(List.of(settings));
        return server(Scripts.saysText("Hi."), all.toArray(String[]::new));
    }

    private static JsonNode status(Api api) {
        return api.get("/api/free-messages/status").json().path("freeMessages");
    }

    private static Api.Answer say(Api api, String chat, String message) {
        return api.post("/api/chat", Api.turn(chat, message, "Hello"));
    }

    @Nested
    class OneAfterTheOther {

        @Test
        void theyAreServedUpToTheLimitAndThenRefusedWithTheTimeOfTheNext() {
            try (TestServer server = allowing(2, "chatkeep.free-messages.window=1h")) {
                Api api = WALLET.signIn(server.url());
                assertThat(status(api).path("remaining").intValue()).isEqualTo(2);
                assertThat(status(api).has("resetAt")).isFalse();

                api.say("c", "m1", "Hello");
                api.say("c", "m2", "Hello");
                Api.Answer third = say(api, "c", "m3");

                assertThat(third.status()).isEqualTo(429);
                assertThat(third.code()).isEqualTo("free_messages_spent");
                assertThat(Long.parseLong(
                                third.headers().firstValue("Retry-After").orElseThrow()))
                        .isBetween(3_500L, 3_600L);
                assertThat(status(api).path("used").intValue()).isEqualTo(2);
                assertThat(status(api).path("remaining").intValue()).isZero();
                assertThat(Instant.parse(status(api).path("resetAt").stringValue()))
                        .isBetween(
                                Instant.now().plusSeconds(3_500), Instant.now().plusSeconds(3_600));
                assertThat(third.text())
                        .contains(status(api).path("resetAt").stringValue().substring(0, 19));
                assertThat(api.chat("c").path("messages").size()).isEqualTo(4);
            }
        }

        @Test
        void aRefusedMessageLeavesNothingNotEvenItsChat() {
            try (TestServer server = allowing(0)) {
                Api api = WALLET.signIn(server.url());

                assertThat(say(api, "c", "m1").status()).isEqualTo(429);

                assertThat(say(api, "c", "m1").headers().firstValue("Retry-After"))
                        .isEmpty();
                assertThat(api.get("/api/chats/c").status()).isEqualTo(404);
                for (String table : List.of("chat", "message", "run", "free_message", "network_quota")) {
                    assertThat(server.database().count(table)).as(table).isZero();
                }
            }
        }

        @Test
        void withoutALimitNothingIsCounted() {
            try (TestServer server = server(Scripts.saysText("Hi."))) {
                Api api = WALLET.signIn(server.url());

                api.say("c", "m1", "Hello");

                assertThat(status(api).has("limit")).isFalse();
                assertThat(status(api).has("remaining")).isFalse();
                assertThat(server.database().count("free_message")).isZero();
            }
        }

        @Test
        @DisplayName("N2: flags of a client are not believed")
        void nothingAClientSaysMakesAMessageFree() {
            try (TestServer server = allowing(1)) {
                Api api = WALLET.signIn(server.url());
                api.say("c", "m1", "Hello");
                String flags = """
                        "isFreeMessage":true,"paymentBypass":true,"bypassPayment":true,"userId":"someone",
                        "walletAddress":"0x0","paymentId":"p","isAdmin":true,""";

                Api.Answer answer = api.post(
                        "/api/chat",
                        Api.turn("c", "m2", "Hello")
                                .replaceFirst("\\{", "{" + flags)
                                .replaceFirst("\"role\"", flags + "\"role\""));

                assertThat(answer.status()).isEqualTo(429);
                assertThat(server.database().count("message")).isEqualTo(2);
            }
        }

        @Test
        void whatWasAskedBeforeIsAnsweredWhenNothingIsLeft() {
            try (TestServer server = allowing(1)) {
                Api api = WALLET.signIn(server.url());
                List<JsonNode> first = api.say("c", "m1", "Hello");

                List<JsonNode> again = api.say("c", "m1", "Hello");

                assertThat(again.getFirst().path("messageId"))
                        .isEqualTo(first.getFirst().path("messageId"));
                assertThat(status(api).path("used").intValue()).isEqualTo(1);
            }
        }

        @Test
        void whenTheWindowIsOverTheyBeginAnew() {
            try (TestServer server = allowing(1, "chatkeep.free-messages.window=1h")) {
                Api api = WALLET.signIn(server.url());
                api.say("c", "m1", "Hello");
                assertThat(say(api, "c", "m2").status()).isEqualTo(429);

                server.database()
                        .sql()
                        .sql("update chatkeep.free_message set window_ends_at = now()")
                        .update();

                assertThat(status(api).path("remaining").intValue()).isEqualTo(1);
                api.say("c", "m2", "Hello");
                assertThat(say(api, "c", "m3").status()).isEqualTo(429);
                assertThat(status(api).path("used").intValue()).isEqualTo(1);
            }
        }

        @Test
        void aModelThatCostsNothingTakesNone() {
            try (TestServer server = TestServer.start(
                    "chatkeep.auth.domains=" + TestWallet.DOMAIN,
                    "chatkeep.free-messages.limit=0",
                    "chatkeep.models[0].id=gift",
                    "chatkeep.models[0].provider=demo",
                    "chatkeep.models[0].price=0")) {
                Api api = WALLET.signIn(server.url());

                api.say("c", "m1", "Hello");

                assertThat(server.database().count("free_message")).isZero();
            }
        }
    }

    @Nested
    class GivenBack {

        @Test
        void whenTheModelFailsBeforeItsFirstWord() {
            AtomicInteger asked = new AtomicInteger();
            try (TestServer server = server(
                    (prompt, cancellation, sink) -> {
                        if (asked.incrementAndGet() == 1) {
                            throw new GenerationException(GenerationException.Kind.REFUSED, "no");
                        }
                        Scripts.saysText("Hi.").generate(prompt, cancellation, sink);
                    },
                    "chatkeep.free-messages.limit=1")) {
                Api api = WALLET.signIn(server.url());

                assertThat(api.say("c", "m1", "Hello").getLast().path("type").stringValue())
                        .isEqualTo("error");

                assertThat(status(api).path("used").intValue()).isZero();
                api.say("c", "m2", "Hello");
                assertThat(status(api).path("used").intValue()).isEqualTo(1);
                assertThat(say(api, "c", "m3").status()).isEqualTo(429);
            }
        }

        @Test
        void notWhenItFailsLaterNorWhenItIsStopped() throws Exception {
            CountDownLatch never = new CountDownLatch(1);
            AtomicInteger asked = new AtomicInteger();
            try (TestServer server = server(
                    (prompt, cancellation, sink) -> {
                        if (asked.incrementAndGet() == 1) {
                            sink.accept(new ModelEvent.TextDelta("Well"));
                            throw new GenerationException(GenerationException.Kind.REFUSED, "no");
                        }
                        Scripts.waitsFor(never).generate(prompt, cancellation, sink);
                    },
                    "chatkeep.free-messages.limit=2")) {
                Api api = WALLET.signIn(server.url());

                api.say("c", "m1", "Hello");
                assertThat(status(api).path("used").intValue()).isEqualTo(1);
                try (Api.Stream stream = api.open(Api.turn("d", "m2", "Hello"))) {
                    stream.await(line -> line.contains("begun"));
                    api.delete("/api/chats/d");
                    stream.await(line -> line.contains("abort"));
                }

                assertThat(status(api).path("used").intValue()).isEqualTo(2);
            }
        }
    }

    @Nested
    class AtTheSameTime {

        @Test
        @DisplayName("N2: twenty at once spend exactly twenty")
        void twentyMessagesAtOnceSpendTwenty() throws Exception {
            try (TestServer server = allowing(20)) {
                Api api = WALLET.signIn(server.url());

                List<Api.Answer> answers = AtOnce.run(20, i -> say(api, "c" + i, "m" + i));

                assertThat(answers).allMatch(answer -> answer.status() == 200);
                assertThat(status(api).path("used").intValue()).isEqualTo(20);
                assertThat(say(api, "c", "m").status()).isEqualTo(429);
            }
        }

        @Test
        void ofFiftyDifferentMessagesInAsManyChatsExactlyFiveAreServed() throws Exception {
            try (TestServer server = allowing(5)) {
                Api api = WALLET.signIn(server.url());

                List<Api.Answer> answers = AtOnce.run(AT_ONCE, i -> say(api, "c" + i, "m" + i));

                assertThat(answers.stream().filter(answer -> answer.status() == 200))
                        .hasSize(5);
                assertThat(answers.stream().filter(answer -> answer.status() == 429))
                        .hasSize(AT_ONCE - 5)
                        .allMatch(answer -> answer.code().equals("free_messages_spent"));
                assertThat(status(api).path("used").intValue()).isEqualTo(5);
                assertThat(server.database().count("run")).isEqualTo(5);
                assertThat(server.database().count("chat")).isEqualTo(5);
                assertCountersAreTrue(server.database());
            }
        }

        @Test
        void fiftyTimesOneMessageSpendOneStoreOneAndRunOne() throws Exception {
            try (TestServer server = allowing(5)) {
                Api api = WALLET.signIn(server.url());

                List<Api.Answer> answers = AtOnce.run(AT_ONCE, i -> say(api, "c", "m"));

                assertThat(answers)
                        .allSatisfy(answer -> assertThat(answer.status()).isEqualTo(200));
                assertThat(status(api).path("used").intValue()).isEqualTo(1);
                assertThat(server.database().count("message")).isEqualTo(2);
                assertThat(server.database().count("run")).isEqualTo(1);
                assertCountersAreTrue(server.database());
            }
        }

        @Test
        void guestsOfOneAddressShareWhatThereIs() throws Exception {
            try (TestServer server = allowing(5)) {
                List<Api> guests = AtOnce.run(10, i -> server.guest());

                List<Api.Answer> answers = AtOnce.run(10, i -> say(guests.get(i), "c", "m"));

                assertThat(answers.stream().filter(answer -> answer.status() == 200))
                        .hasSize(5);
                assertThat(status(server.guest()).path("remaining").intValue()).isZero();
                assertThat(status(WALLET.signIn(server.url())).path("remaining").intValue())
                        .isEqualTo(5);
                assertThat(server.database().count("run")).isEqualTo(5);
                assertThat(server.database()
                                .sql()
                                .sql("select count(*) from chatkeep.run where network is not null")
                                .query(Long.class)
                                .single())
                        .as("addresses that are kept of ended runs")
                        .isZero();
            }
        }
    }

    @Nested
    class AnAdmin {

        @Test
        void seesSetsAndResetsThem() {
            TestWallet admin = TestWallet.make();
            try (TestServer server = allowing(
                    1, "chatkeep.auth.admins[0].issuer=solana", "chatkeep.auth.admins[0].subject=" + admin.address())) {
                Api api = WALLET.signIn(server.url());
                Api root = admin.signIn(server.url());
                api.say("c", "m1", "Hello");
                String user = root.get("/api/admin/free-messages")
                        .json()
                        .path("users")
                        .path(0)
                        .path("userId")
                        .stringValue();

                assertThat(root.put("/api/admin/free-messages/" + user, "{\"limit\":2}")
                                .json()
                                .path("freeMessages")
                                .path("remaining")
                                .intValue())
                        .isEqualTo(1);
                api.say("c", "m2", "Hello");
                assertThat(say(api, "c", "m3").status()).isEqualTo(429);
                assertThat(root.post("/api/admin/free-messages/" + user + "/reset", "")
                                .json()
                                .path("freeMessages")
                                .path("used")
                                .intValue())
                        .isZero();
                api.say("c", "m3", "Hello");
                assertThat(root.put("/api/admin/free-messages/" + user, "{\"limit\":null}")
                                .json()
                                .path("freeMessages")
                                .path("limit")
                                .intValue())
                        .isEqualTo(1);
                assertThat(say(api, "c", "m4").status()).isEqualTo(429);

                assertThat(root.put("/api/admin/free-messages/" + user, "{\"limit\":-1}")
                                .field())
                        .isEqualTo("limit");
                assertThat(root.put("/api/admin/free-messages/" + user, "{}").status())
                        .isEqualTo(400);
                assertThat(root.put("/api/admin/free-messages/00000000-0000-0000-0000-000000000000", "{\"limit\":1}")
                                .code())
                        .isEqualTo("user_not_found");
                assertThat(root.get("/api/admin/stats")
                                .json()
                                .path("stats")
                                .path("messages")
                                .intValue())
                        .isEqualTo(6);
            }
        }

        @Test
        @DisplayName("N2: routes of admins are closed to others")
        void isNobodyElse() {
            try (TestServer server = allowing(1)) {
                Api api = WALLET.signIn(server.url());
                String user =
                        api.get("/api/auth/user").json().path("user").path("id").stringValue();

                for (Api.Answer answer : List.of(
                        api.get("/api/admin/stats"),
                        api.get("/api/admin/free-messages"),
                        api.put("/api/admin/free-messages/" + user, "{\"limit\":100}"),
                        api.post("/api/admin/free-messages/" + user + "/reset", ""),
                        api.get("/api/admin/payments"),
                        api.post("/api/admin/payments/" + user + "/decide", "{\"transaction\":null}"))) {
                    assertThat(answer.status()).as(answer.text()).isEqualTo(403);
                    assertThat(answer.code()).isEqualTo("admin_required");
                }
                assertThat(server.nobody().get("/api/admin/stats").status()).isEqualTo(401);
                assertThat(status(api).path("limit").intValue()).isEqualTo(1);
            }
        }
    }

    @Test
    void whatAGuestUsedCountsInTheAccountTheyTurnOutToHave() {
        try (TestServer server = allowing(5)) {
            Api account = WALLET.signIn(server.url());
            account.say("c", "m1", "Hello");
            Api guest = server.guest();
            guest.say("d", "m2", "Hello");
            guest.say("d", "m3", "Hello");

            Api same = new Api(
                    server.url(),
                    guest.post("/api/auth/login", WALLET.proof(server.url()))
                            .json()
                            .path("sessionToken")
                            .stringValue());

            assertThat(status(same).path("used").intValue()).isEqualTo(3);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> same.chat("d").path("messages").size() == 4);
            assertThat(status(account).path("used").intValue()).isEqualTo(3);
        }
    }
}
