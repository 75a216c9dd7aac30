package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// A server that is killed in the middle of a payment: the money is moved once, is written down, and its
/// message is answered when it is sent again.
@Tag("slow")
class PaymentKillTest {

    private static final TestWallet WALLET = TestWallet.make();

    private static PaymentRig rig;

    private final TestDatabase database = TestDatabase.create();

    @BeforeAll
    static void startRig() throws Exception {
        rig = PaymentRig.start();
    }

    @AfterAll
    static void stopRig() {
        rig.close();
    }

    @BeforeEach
    void behave() {
        rig.behave();
    }

    private ChildServer server() throws IOException {
        String[] settings = Stream.concat(
                        Arrays.stream(rig.settings()),
                        Stream.of(
                                "chatkeep.database.url=" + database.url(),
                                "chatkeep.database.user=" + database.user(),
                                "chatkeep.database.password=" + database.password()))
                .toArray(String[]::new);
        return ChildServer.start(List.of("-Xmx256m"), settings);
    }

    @Test
    void betweenVerifyAndSettleIsSettledByTheNextServer() throws Exception {
        int before = rig.transfers();
        String header;
        Api api;
        try (ChildServer first = server()) {
            api = WALLET.signIn(first.url());
            header = rig.sign(api, 0, "c", "m1", "nothing");
            // Holds the attempt to settle: the payment is written down, and the facilitator is not asked yet.
            database.sql().sql("""
                    create function chatkeep.hold() returns trigger language plpgsql as
                    'begin perform pg_sleep(30); return new; end'
                    """).update();
            database.sql().sql("""
                    create trigger hold before update on chatkeep.payment for each row execute function chatkeep.hold()
                    """).update();
            Api sender = api;
            Thread.ofVirtual().start(() -> PaymentRig.send(sender, header, "c", "m1"));
            await().atMost(Duration.ofSeconds(20)).until(() -> database.count("payment") == 1);
            first.kill();
        }
        assertThat(rig.calls("settle")).isZero();
        end("drop trigger hold on chatkeep.payment");

        assertServedOnce(header, before);
    }

    @Test
    void betweenSettleAndBeginIsFoundByTheNextServer() throws Exception {
        int before = rig.transfers();
        rig.misbehave("/settle", "settle-then-hang", 60_000, 1);
        String header;
        try (ChildServer first = server()) {
            Api api = WALLET.signIn(first.url());
            header = rig.sign(api, 1, "c", "m1", "nothing");
            Thread.ofVirtual().start(() -> PaymentRig.send(api, header, "c", "m1"));
            await().atMost(Duration.ofSeconds(20)).until(() -> rig.transfers() == before + 1);
            first.kill();
        }
        assertThat(status()).isEqualTo("verified");
        end("update chatkeep.payment set next_attempt_at = now()");

        assertServedOnce(header, before);
    }

    private void assertServedOnce(String header, int before) throws Exception {
        try (ChildServer second = server()) {
            Api again = WALLET.signIn(second.url());
            await().atMost(Duration.ofSeconds(30)).until(() -> status().equals("settled"));
            assertThat(rig.transfers()).isEqualTo(before + 1);

            Api.chunks(PaymentRig.send(again, header, "c", "m1"));

            assertThat(rig.transfers()).isEqualTo(before + 1);
            JsonNode history = again.get("/api/payments/history").json();
            assertThat(history.path("payments").size()).isEqualTo(1);
            assertThat(history.path("payments").path(0).path("isSpent").booleanValue())
                    .isTrue();
            assertThat(again.get("/api/chats/c/messages/m1")
                            .json()
                            .path("message")
                            .path("paymentId"))
                    .isEqualTo(history.path("payments").path(0).path("id"));
            assertThat(database.count("run")).isEqualTo(1);
        }
    }

    private String status() {
        return database.sql()
                .sql("select status from chatkeep.payment")
                .query(String.class)
                .single();
    }

    /// A statement that waits until the killed server's own is gone.
    private void end(String sql) {
        database.sql()
                .sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                        + " and pid <> pg_backend_pid()")
                .query((row, n) -> true)
                .list();
        database.sql().sql(sql).update();
    }
}
