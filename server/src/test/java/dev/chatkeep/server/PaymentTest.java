package dev.chatkeep.server;

import static dev.chatkeep.server.RaceTest.assertCountersAreTrue;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.ModelEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Payments for real, on a chain of our own: what the docs say of each outcome.
class PaymentTest {

    private static final TestWallet WALLET = TestWallet.make();
    private static final TestWallet ADMIN = TestWallet.make();

    private static PaymentRig rig;

    private TestServer server;
    private Api api;
    private final AtomicInteger failures = new AtomicInteger();

    @BeforeAll
    static void startRig() throws Exception {
        rig = PaymentRig.start();
    }

    @AfterAll
    static void stopRig() {
        rig.close();
    }

    @BeforeEach
    void start() {
        rig.behave();
        start("chatkeep.auth.admins[0].issuer=solana", "chatkeep.auth.admins[0].subject=" + ADMIN.address());
    }

    private void start(String... more) {
        server = TestServer.answering(
                (prompt, cancellation, sink) -> {
                    if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                        sink.accept(new ModelEvent.TextDelta("Well"));
                        throw new GenerationException(GenerationException.Kind.REFUSED, "no");
                    }
                    Scripts.saysText("Hi.").generate(prompt, cancellation, sink);
                },
                rig.settings(more));
        api = WALLET.signIn(server.url());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private JsonNode history() {
        return api.get("/api/payments/history").json();
    }

    private JsonNode newestPayment() {
        return history().path("payments").path(0);
    }

    private long rows(String table) {
        return server.database().count(table);
    }

    private static JsonNode decoded(String header) {
        return Json.MAPPER.readTree(new String(Base64.getDecoder().decode(header), StandardCharsets.UTF_8));
    }

    /// Until it is served, as the 503 says one may.
    private Api.Answer sendUntilServed(String header, String chat, String message) {
        return await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(500))
                .until(() -> PaymentRig.send(api, header, chat, message), answer -> answer.status() == 200);
    }

    private void assertPaidOnce(String chat, String message, int transfersBefore) {
        assertThat(rig.transfers()).isEqualTo(transfersBefore + 1);
        JsonNode payment = newestPayment();
        assertThat(payment.path("status").stringValue()).isEqualTo("settled");
        assertThat(payment.path("isSpent").booleanValue()).isTrue();
        JsonNode question =
                api.get("/api/chats/" + chat + "/messages/" + message).json().path("message");
        assertThat(question.path("paymentId")).isEqualTo(payment.path("id"));
        assertThat(rows("payment")).isEqualTo(1);
        assertThat(rows("run")).isEqualTo(1);
        assertCountersAreTrue(server.database());
    }

    private void assertNothingIsLeft() {
        for (String table : List.of("chat", "message", "run", "payment", "payment_claim")) {
            assertThat(rows(table)).as(table).isZero();
        }
    }

    @Nested
    class RealClients {

        @ParameterizedTest
        @CsvSource({"v2, eip155:84532", "v1, base-sepolia"})
        void payAndAreAnswered(String client, String network) {
            int before = rig.transfers();

            JsonNode paid = rig.pay(client, api, 0, "c", "m1");

            assertThat(paid.path("status").asInt()).as(paid.toString()).isEqualTo(200);
            assertThat(paid.path("text").stringValue()).isEqualTo("Hi.");
            JsonNode receipt = paid.path("paymentResponse");
            assertThat(receipt.path("success").booleanValue()).isTrue();
            assertThat(receipt.path("network").stringValue()).isEqualTo(network);
            assertPaidOnce("c", "m1", before);
            JsonNode payment = newestPayment();
            assertThat(payment.path("transaction")).isEqualTo(receipt.path("transaction"));
            assertThat(payment.path("amount").stringValue()).isEqualTo("10000");
            assertThat(payment.path("price").stringValue()).isEqualTo("0.01");
            assertThat(payment.path("network").stringValue()).isEqualTo("eip155:84532");
            assertThat(payment.path("payer").stringValue()).isEqualToIgnoringCase(rig.payer(0));
            assertThat(payment.path("payTo").stringValue()).isEqualToIgnoringCase(rig.payTo());
            assertThat(payment.path("settledAt").isString()).isTrue();
            assertThat(history()
                            .path("stats")
                            .path("settledAmounts")
                            .path(0)
                            .path("amount")
                            .stringValue())
                    .isEqualTo("10000");
        }

        @Test
        @DisplayName("N3: the payer is the facilitator's, and the paid question is stored")
        void whoeverTheBodyNamesThePayerIsWhoPaid() {
            String header = rig.sign(api, 0, "c", "m1", "nothing");
            String body = PaymentRig.turn("c", "m1")
                    .replaceFirst("\\{", "{\"walletAddress\":\"%s\",\"payer\":\"%1$s\",".formatted(rig.payer(1)));

            Api.chunks(api.sendWith("PAYMENT-SIGNATURE", header, "POST", "/api/chat", body));

            assertThat(newestPayment().path("payer").stringValue()).isEqualToIgnoringCase(rig.payer(0));
            assertThat(api.chat("c").path("messages").path(0).path("paymentId"))
                    .isEqualTo(newestPayment().path("id"));
        }

        @Test
        void theAiSdkPaysBelowItsTransport() {
            int before = rig.transfers();

            JsonNode read = rig.pay("ai", api, 1, "c", "m1");

            assertThat(read.path("errors").size()).as(read.toString()).isZero();
            JsonNode stored = api.chat("c").path("messages").path(1);
            assertThat(read.path("message").path("id")).isEqualTo(stored.path("id"));
            assertThat(read.path("message").path("parts")).isEqualTo(stored.path("parts"));
            assertPaidOnce("c", "m1", before);
        }
    }

    @Test
    void theExampleOfTheDocsPays() throws Exception {
        int before = rig.transfers();

        String said = rig.runExample(api, 2, Files.readString(Path.of("..", "docs", "api", "payments.md")));

        assertThat(said).contains("Hi.", "[DONE]");
        assertPaidOnce("paid-chat", "m1", before);
    }

    @Nested
    class Unpaid {

        @Test
        void itIsToldWhatIsDueInBothVersionsAndNothingIsKept() {
            Api.Answer answer = api.post("/api/chat", PaymentRig.turn("c", "m1"));

            assertThat(answer.status()).isEqualTo(402);
            JsonNode body = answer.json();
            assertThat(body.path("x402Version").intValue()).isEqualTo(1);
            assertThat(body.path("accepts").path(0).path("maxAmountRequired").stringValue())
                    .isEqualTo("10000");
            assertThat(body.path("accepts").path(0).path("network").stringValue())
                    .isEqualTo("base-sepolia");
            assertThat(body.path("success").booleanValue()).isFalse();
            assertThat(body.path("code").stringValue()).isEqualTo("payment_required");
            assertThat(body.path("type").stringValue()).isEqualTo("urn:chatkeep:problem:payment_required");
            JsonNode header =
                    decoded(answer.headers().firstValue("PAYMENT-REQUIRED").orElseThrow());
            assertThat(header.path("x402Version").intValue()).isEqualTo(2);
            assertThat(header.path("accepts").path(0).path("payTo").stringValue())
                    .isEqualTo(rig.payTo());
            assertThat(header.path("resource").path("url").stringValue()).isEqualTo(server.url() + "/api/chat");
            assertThat(answer.headers().firstValue("Cache-Control")).contains("no-store");
            assertNothingIsLeft();
            assertThat(rig.calls("verify")).isZero();
        }

        @Test
        @DisplayName("N3: a request is validated before it is paid")
        void itIsRefusedForWhatIsWrongWithItBeforeItIsAskedForMoney() {
            assertThat(api.post("/api/chat", PaymentRig.turn("c d", "m1")).status())
                    .isEqualTo(400);
            assertThat(api.post(
                                    "/api/chat",
                                    PaymentRig.turn("c", "m1").replace("{\"id\"", "{\"model\":\"none\",\"id\""))
                            .code())
                    .isEqualTo("unknown_model");
            api.post("/api/chats", "{\"id\":\"gone\"}");
            api.delete("/api/chats/gone");
            assertThat(api.post("/api/chat", PaymentRig.turn("gone", "m1")).status())
                    .isEqualTo(410);
            api.post("/api/chats", "{\"id\":\"c\"}");
            api.post(
                    "/api/chats/c/messages",
                    "{\"messages\":[{\"id\":\"m1\",\"role\":\"user\",\"content\":\"Other\"}]}");
            assertThat(api.post("/api/chat", PaymentRig.turn("c", "m1")).code()).isEqualTo("message_id_taken");
        }

        @Test
        void whatWasAnsweredIsReadAgainWithoutPaying() {
            rig.pay("v2", api, 0, "c", "m1");

            Api.Answer again = api.post("/api/chat", PaymentRig.turn("c", "m1"));

            assertThat(Api.chunks(again).toString()).contains("Hi.");
            assertThat(rows("payment")).isEqualTo(1);
        }
    }

    @Nested
    class RefusedAtNoCost {

        @ParameterizedTest
        @ValueSource(strings = {"amount", "payTo", "network", "expired"})
        void aPaymentForSomethingElse(String tamper) {
            int before = rig.transfers();

            Api.Answer answer = PaymentRig.send(api, rig.sign(api, 0, "c", "m1", tamper), "c", "m1");

            assertThat(answer.status()).as(answer.text()).isEqualTo(402);
            assertThat(answer.code()).isEqualTo("payment_refused");
            assertThat(answer.headers().firstValue("PAYMENT-REQUIRED")).isPresent();
            assertThat(rig.transfers()).isEqualTo(before);
            assertThat(rig.calls("verify")).isEqualTo(tamper.equals("expired") ? 1 : 0);
            assertNothingIsLeft();
        }

        @Test
        void aPayerWithoutMoney() {
            Api.Answer answer = PaymentRig.send(api, rig.sign(api, -1, "c", "m1", "nothing"), "c", "m1");

            assertThat(answer.status()).isEqualTo(402);
            assertThat(answer.json().path("error").stringValue()).isEqualTo("invalid_exact_evm_insufficient_balance");
            assertNothingIsLeft();
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "%%%", "bm90IGpzb24=", "e30=", "eyJ4NDAyVmVyc2lvbiI6Mn0="})
        void aHeaderThatIsNone(String header) {
            Api.Answer answer = PaymentRig.send(api, header, "c", "m1");

            assertThat(answer.status()).as(answer.text()).isEqualTo(402);
            assertNothingIsLeft();
        }

        @Test
        @DisplayName("N3: a payment is for one message of one user")
        void aPaymentThatWasUsedForAnotherMessageOrByAnotherUser() {
            String header = rig.sign(api, 0, "c", "m1", "nothing");
            Api.chunks(PaymentRig.send(api, header, "c", "m1"));
            int before = rig.transfers();
            Api other = TestWallet.make().signIn(server.url());

            for (Api.Answer answer : List.of(
                    PaymentRig.send(api, header, "c", "m2"),
                    PaymentRig.send(api, header, "d", "m1"),
                    PaymentRig.send(other, header, "c", "m1"))) {
                assertThat(answer.status()).as(answer.text()).isEqualTo(402);
                assertThat(answer.json().path("error").stringValue()).isEqualTo("payment_already_used");
            }
            assertThat(rig.transfers()).isEqualTo(before);
            assertThat(rows("message")).isEqualTo(2);
            assertThat(rows("payment")).isEqualTo(1);
        }

        @Test
        void tenMessagesAtOnceWithOneSignatureOfWhichOneIsServed() throws Exception {
            int before = rig.transfers();
            String header = rig.sign(api, 0, "c0", "m0", "nothing");

            List<Api.Answer> answers = AtOnce.run(10, i -> PaymentRig.send(api, header, "c" + i, "m" + i));

            assertThat(answers.stream().filter(answer -> answer.status() == 200))
                    .hasSize(1);
            assertThat(answers.stream().filter(answer -> answer.status() == 402))
                    .hasSize(9);
            assertThat(rig.transfers()).isEqualTo(before + 1);
            assertThat(rows("run")).isEqualTo(1);
            assertThat(rows("payment")).isEqualTo(1);
            assertCountersAreTrue(server.database());
        }

        @Test
        void tenTimesTheSameMessageWithOneSignatureIsOneAnswerForAll() throws Exception {
            int before = rig.transfers();
            String header = rig.sign(api, 0, "c", "m1", "nothing");

            List<Api.Answer> answers = AtOnce.run(10, i -> PaymentRig.send(api, header, "c", "m1"));

            assertThat(answers)
                    .allSatisfy(
                            answer -> assertThat(Api.chunks(answer).toString()).contains("Hi."));
            assertPaidOnce("c", "m1", before);
        }
    }

    /// Other words, and another answer, are turns of their own, each paid once however often it is sent.
    @Test
    void anEditAndAnotherAnswerArePaidForAndEachOnce() throws Exception {
        int before = rig.transfers();
        rig.pay("v2", api, 0, "c", "m1");
        String answer = api.chat("c").path("messages").path(1).path("id").stringValue();

        assertPaidForOnce("{\"id\":\"c\",\"trigger\":\"regenerate-message\",\"messageId\":\"" + answer + "\"}");
        assertPaidForOnce("""
                {"id":"c","messageId":"m1","message":{"id":"m1","role":"user","content":"Other words"}}""");

        assertThat(rig.transfers()).isEqualTo(before + 3);
        assertThat(rows("payment")).isEqualTo(3);
        assertThat(rows("run")).isEqualTo(3);
        assertCountersAreTrue(server.database());
    }

    @Test
    void anotherAnswerIsPaidForOnceThoughTheChatGetsABranchMeanwhile() throws Exception {
        rig.pay("v2", api, 0, "c", "m1");
        String answer = api.chat("c").path("messages").path(1).path("id").stringValue();
        String header = rig.sign(api, 1, "none", "m1", "nothing");
        rig.misbehave("/settle", "slow", 1_500, 1);
        Thread meanwhile = Thread.ofVirtual().start(() -> {
            await().until(() -> rows("payment") == 2);
            server.database()
                    .sql()
                    .sql("update chatkeep.chat set branches = branches + 1")
                    .update();
        });

        Api.Answer paid = api.sendWith(
                "PAYMENT-SIGNATURE",
                header,
                "POST",
                "/api/chat",
                "{\"id\":\"c\",\"trigger\":\"regenerate-message\",\"messageId\":\"" + answer + "\"}");

        meanwhile.join();
        assertThat(Api.chunks(paid).toString()).contains("Hi.");
        assertThat(history().path("stats").path("credits").intValue()).isZero();
    }

    private void assertPaidForOnce(String body) throws Exception {
        long runs = rows("run");
        assertThat(api.post("/api/chat", body).status()).isEqualTo(402);
        assertThat(rows("run")).isEqualTo(runs);
        String header = rig.sign(api, 1, "none", "m1", "nothing");
        List<Api.Answer> answers =
                AtOnce.run(10, i -> api.sendWith("PAYMENT-SIGNATURE", header, "POST", "/api/chat", body));
        assertThat(answers.stream()
                        .map(each -> Api.chunks(each).getFirst().path("messageId"))
                        .distinct())
                .hasSize(1);
        assertThat(rows("run")).isEqualTo(runs + 1);
    }

    @Nested
    class TheFacilitator {

        @ParameterizedTest
        @CsvSource({"down, 0", "rubbish, 0", "status500, 0", "slow, 5000"})
        void thatDoesNotVerifyMakesItA503AndKeepsNothing(String mode, int delay) {
            rig.misbehave("/verify", mode, delay, 1);
            int before = rig.transfers();
            String header = rig.sign(api, 0, "c", "m1", "nothing");

            Api.Answer answer = PaymentRig.send(api, header, "c", "m1");

            assertThat(answer.status()).as(answer.text()).isEqualTo(503);
            assertThat(answer.code()).isEqualTo("payments_unavailable");
            assertThat(answer.headers().firstValue("Retry-After")).isPresent();
            assertNothingIsLeft();
            Api.chunks(PaymentRig.send(api, header, "c", "m1"));
            assertPaidOnce("c", "m1", before);
        }

        @Test
        void thatIsSlowButInTimeIsWaitedFor() {
            int before = rig.transfers();
            rig.misbehave("/verify", "slow", 500, 1);
            rig.misbehave("/settle", "slow", 500, 1);

            assertThat(rig.pay("v2", api, 0, "c", "m1").path("status").asInt()).isEqualTo(200);

            assertPaidOnce("c", "m1", before);
        }

        @Test
        void thatRefusesInSentencesIsQuotedInAWordOnly() {
            rig.misbehave("/verify", "invalid", 0, 1);

            Api.Answer answer = PaymentRig.send(api, rig.sign(api, 0, "c", "m1", "nothing"), "c", "m1");

            assertThat(answer.status()).isEqualTo(402);
            assertThat(answer.json().path("error").stringValue())
                    .isEqualTo("invalid_exact_evm_transaction_simulation_failed");
            assertThat(answer.text()
                            + decoded(answer.headers()
                                    .firstValue("PAYMENT-REQUIRED")
                                    .orElseThrow()))
                    .doesNotContain("SECRET");
            assertNothingIsLeft();
        }

        @Test
        void thatVerifiesAndThenFailsMakesItA402AndAFailedPayment() {
            rig.misbehave("/settle", "invalid", 0, 1);
            int before = rig.transfers();

            Api.Answer answer = PaymentRig.send(api, rig.sign(api, 0, "c", "m1", "nothing"), "c", "m1");

            assertThat(answer.status()).isEqualTo(402);
            assertThat(answer.json().path("error").stringValue()).isEqualTo("transaction_failed");
            assertThat(newestPayment().path("status").stringValue()).isEqualTo("failed");
            assertThat(newestPayment().path("error").stringValue()).isEqualTo("transaction_failed");
            assertThat(history().toString()).doesNotContain("SECRET");
            assertThat(rows("message")).isZero();
            assertThat(rig.transfers()).isEqualTo(before);
        }

        @ParameterizedTest
        @DisplayName("N3: a settled payment does not stay pending")
        @CsvSource({"settle-then-hang, 10000", "settle-then-500, 0"})
        void thatSettlesAndDoesNotSaySoIsFoundOutOnTheChain(String mode, int delay) {
            rig.misbehave("/settle", mode, delay, 1);
            int before = rig.transfers();
            String header = rig.sign(api, 0, "c", "m1", "nothing");

            Api.Answer answer = PaymentRig.send(api, header, "c", "m1");

            // The chain is asked at once; a payment it does not know yet is asked for again.
            assertThat(answer.status()).as(answer.text()).isIn(200, 503);
            Api.chunks(sendUntilServed(header, "c", "m1"));
            assertPaidOnce("c", "m1", before);
        }

        @ParameterizedTest
        @ValueSource(strings = {"down", "rubbish", "status500", "pending"})
        void thatDoesNotSayWhetherItSettledMakesItA503UntilItDoes(String mode) {
            rig.misbehave("/settle", mode, 0, 1);
            int before = rig.transfers();
            String header = rig.sign(api, 0, "c", "m1", "nothing");

            Api.Answer answer = PaymentRig.send(api, header, "c", "m1");

            assertThat(answer.status()).as(answer.text()).isEqualTo(503);
            assertThat(answer.code()).isEqualTo("payment_pending");
            assertThat(newestPayment().path("status").stringValue()).isEqualTo("pending");
            assertThat(history().path("stats").path("pending").intValue()).isEqualTo(1);
            assertThat(rows("message")).isZero();
            // Nor is it asked to pay again without the header.
            assertThat(api.post("/api/chat", PaymentRig.turn("c", "m1")).status())
                    .isEqualTo(503);
            Api.chunks(sendUntilServed(header, "c", "m1"));
            assertPaidOnce("c", "m1", before);
        }

        @Test
        void thatAnswersSuccessTwiceIsPaidOnce() {
            rig.misbehave("/settle", "settle-twice-success", 0, 5);
            int before = rig.transfers();
            String header = rig.sign(api, 0, "c", "m1", "nothing");
            Api.chunks(PaymentRig.send(api, header, "c", "m1"));

            assertThat(PaymentRig.send(api, header, "c", "m2").status()).isEqualTo(402);

            assertPaidOnce("c", "m1", before);
            assertThat(rig.calls("settle")).isEqualTo(1);
        }

        @Test
        void isShownTheHeadersOfItsPaths() {
            server.close();
            start(
                    "chatkeep.payments.headers.verify.Authorization=Bearer v",
                    "chatkeep.payments.headers.settle.Authorization=Bearer s",
                    "chatkeep.payments.headers.supported.X-Key=k");

            rig.pay("v2", api, 0, "c", "m1");

            JsonNode headers = rig.report().path("headers");
            assertThat(headers.toString()).contains("Bearer v", "Bearer s");
            await().untilAsserted(() ->
                    assertThat(rig.report().path("headers").toString()).contains("\"x-key\":\"k\""));
        }
    }

    @Nested
    class ACredit {

        @Test
        void isWhatAnAnswerThatFailedLeavesAndTheNextMessageTakesIt() {
            int before = rig.transfers();
            failures.set(1);
            rig.pay("v2", api, 0, "c", "m1");
            assertThat(api.lastStatus("c")).isEqualTo("failed");
            assertThat(history().path("stats").path("credits").intValue()).isEqualTo(1);
            assertThat(api.get("/api/chats/c/messages/m1")
                            .json()
                            .path("message")
                            .has("paymentId"))
                    .isFalse();

            Api.chunks(api.post("/api/chat", PaymentRig.turn("d", "m2")));

            assertThat(api.get("/api/chats/d/messages/m2")
                            .json()
                            .path("message")
                            .path("paymentId"))
                    .isEqualTo(newestPayment().path("id"));
            assertThat(history().path("stats").path("credits").intValue()).isZero();
            assertThat(rig.transfers()).isEqualTo(before + 1);
            assertThat(api.post("/api/chat", PaymentRig.turn("d", "m3")).status())
                    .isEqualTo(402);
        }

        @Test
        void isWhatAnotherAnswerThatFailedLeavesAndNoLongerThatAnswers() {
            rig.pay("v2", api, 0, "c", "m1");
            failures.set(1);
            String header = rig.sign(api, 1, "none", "m1", "nothing");

            api.sendWith("PAYMENT-SIGNATURE", header, "POST", "/api/chat", """
                    {"id":"c","trigger":"regenerate-message","messages":[{"id":"m1","role":"user","parts":[]}]}""");

            JsonNode answer = api.chat("c").path("messages").path(1);
            assertThat(answer.path("status").stringValue()).isEqualTo("failed");
            assertThat(answer.has("paymentId")).isFalse();
            assertThat(history().path("stats").path("credits").intValue()).isEqualTo(1);
        }

        @Test
        void isSpentOnceByFiftyMessagesAtOnce() throws Exception {
            failures.set(1);
            rig.pay("v2", api, 0, "c", "m1");

            List<Api.Answer> answers = AtOnce.run(50, i -> api.post("/api/chat", PaymentRig.turn("d" + i, "n" + i)));

            assertThat(answers.stream().filter(answer -> answer.status() == 200))
                    .hasSize(1);
            assertThat(answers.stream().filter(answer -> answer.status() == 402))
                    .hasSize(49);
            assertCountersAreTrue(server.database());
        }

        @Test
        void isAnotherMessagesOnlyWhenItsOwnHadItsTime() {
            rig.misbehave("/settle", "down", 0, 1);
            PaymentRig.send(api, rig.sign(api, 0, "c", "m1", "nothing"), "c", "m1");
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> newestPayment().path("status").stringValue().equals("settled"));

            assertThat(api.post("/api/chat", PaymentRig.turn("d", "m2")).status())
                    .isEqualTo(402);
            server.database()
                    .sql()
                    .sql("update chatkeep.payment set reserved_until = now()")
                    .update();
            Api.chunks(api.post("/api/chat", PaymentRig.turn("d", "m2")));
            assertThat(api.post("/api/chat", PaymentRig.turn("c", "m1")).status())
                    .isEqualTo(402);
        }
    }

    @Test
    void freeMessagesComeFirst() {
        server.close();
        start("chatkeep.free-messages.limit=1");
        String header = rig.sign(TestWallet.make().signIn(server.url()), 0, "c", "m1", "nothing");

        Api.chunks(api.post("/api/chat", PaymentRig.turn("c", "m0")));
        assertThat(api.post("/api/chat", PaymentRig.turn("c", "m1")).status()).isEqualTo(402);
        assertThat(rig.pay("v2", api, 0, "c", "m1").path("status").asInt()).isEqualTo(200);

        assertThat(header).startsWith("no header");
        assertThat(api.get("/api/free-messages/status")
                        .json()
                        .path("freeMessages")
                        .path("used")
                        .intValue())
                .isEqualTo(1);
    }

    @Test
    void withoutANodeToAskAnAdminDecides() {
        server.close();
        start(
                "chatkeep.payments.networks[0].rpc=",
                "chatkeep.auth.admins[0].issuer=solana",
                "chatkeep.auth.admins[0].subject=" + ADMIN.address());
        Api root = ADMIN.signIn(server.url());
        rig.misbehave("/settle", "settle-then-500", 0, 1);
        String header = rig.sign(api, 0, "c", "m1", "nothing");
        assertThat(PaymentRig.send(api, header, "c", "m1").code()).isEqualTo("payment_pending");

        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(newestPayment().path("error").stringValue())
                        .isEqualTo("invalid_exact_evm_nonce_already_used"));
        JsonNode open = root.get("/api/admin/payments").json();
        assertThat(open.path("inDoubt").intValue()).isEqualTo(1);
        String id = open.path("payments").path(0).path("payment").path("id").stringValue();
        assertThat(root.post("/api/admin/payments/" + id + "/decide", "{\"transaction\":\"x y\"}")
                        .field())
                .isEqualTo("transaction");
        assertThat(root.post("/api/admin/payments/" + id + "/decide", "{\"transaction\":\"0xabc\"}")
                        .status())
                .isEqualTo(200);

        Api.chunks(PaymentRig.send(api, header, "c", "m1"));
        assertThat(newestPayment().path("transaction").stringValue()).isEqualTo("0xabc");
        assertThat(root.post("/api/admin/payments/" + id + "/decide", "{\"transaction\":null}")
                        .code())
                .isEqualTo("payment_not_found");
        assertThat(root.get("/api/admin/payments").json().path("payments").size())
                .isZero();
    }
}
