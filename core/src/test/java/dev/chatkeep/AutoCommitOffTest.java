package dev.chatkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.chatkeep.chat.ChatFilter;
import dev.chatkeep.chat.ChatPatch;
import dev.chatkeep.db.Json;
import dev.chatkeep.message.History;
import dev.chatkeep.message.Message;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.message.Role;
import dev.chatkeep.message.Status;
import dev.chatkeep.payment.Charge;
import dev.chatkeep.payment.Offer;
import dev.chatkeep.run.Ask;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.Model;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.Replies;
import dev.chatkeep.run.ReplyLog;
import dev.chatkeep.run.Turn;
import dev.chatkeep.user.Device;
import dev.chatkeep.user.Identity;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/// A pool whose connections do not commit by themselves, as Hibernate likes them: what is written outside of a
/// transaction is there for others, and no connection stays in a transaction.
class AutoCommitOffTest {

    private static final TestDatabase DATABASE = TestDatabase.create();
    private static final JdbcClient OTHERS = JdbcClient.create(DATABASE.unpooled());
    private static final HikariDataSource POOL = pool();
    private static final Chatkeep CHATKEEP = Chatkeep.open(POOL);
    private static final ChatPatch NOTHING = new ChatPatch(null, null, null, null, null);
    private static final Model MODEL = new Model("m", "test", null, 1_000, (prompt, cancellation, sink) -> {
        sink.accept(new ModelEvent.TextDelta("It is."));
        sink.accept(new ModelEvent.Finish(FinishReason.STOP, ModelEvent.Usage.NONE));
    });

    private final UUID user = CHATKEEP.users().createGuest().id();

    private static HikariDataSource pool() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(DATABASE.unpooled());
        config.setAutoCommit(false);
        config.setMaximumPoolSize(6);
        return new HikariDataSource(config);
    }

    @AfterAll
    static void close() {
        CHATKEEP.close();
        POOL.close();
    }

    @AfterEach
    void noConnectionStaysInATransaction() {
        await().untilAsserted(() ->
                assertThat(OTHERS.sql("""
                        select coalesce(max(query), 'none')
                        from pg_stat_activity
                        where datname = current_database() and state like 'idle in transaction%'
                        """).query(String.class).single()).isEqualTo("none"));
    }

    private long count(String table, String where) {
        return OTHERS.sql("select count(*) from chatkeep." + table + " where user_id = :user and " + where)
                .param("user", user)
                .query(Long.class)
                .single();
    }

    private void assertStored(String table, String where) {
        assertThat(count(table, where)).as(table + " where " + where).isEqualTo(1);
    }

    private void assertGone(String table, String where) {
        assertThat(count(table, where)).as(table + " where " + where).isZero();
    }

    private static NewMessage message(String id) {
        return new NewMessage(
                id, Role.USER, new Json("[{\"type\":\"text\",\"text\":\"hello\"}]"), Json.EMPTY_ARRAY, null);
    }

    private void answered(String chat, Ask ask) {
        CHATKEEP.replies().answer(new Turn(user, chat, false, ask, MODEL, null, null, Charge.NOTHING, null, null));
        await().until(() -> CHATKEEP.replies().resume(user, chat).isEmpty());
    }

    @Test
    void keepsChats() {
        CHATKEEP.chats().findOrCreate(user, "c", NOTHING);
        assertStored("chat", "id = 'c'");
        CHATKEEP.chats().retitle(user, "c", "Another");
        assertStored("chat", "title = 'Another'");
        assertStored("chat_title", "folded = 'another'");
        CHATKEEP.chats().update(user, "c", new ChatPatch(null, new ChatPatch.Set<>("model"), null, null, null), null);
        assertStored("chat", "model_id = 'model'");
        CHATKEEP.chats().touch(user, "c");
        assertStored("chat", "change_seq = 4");
        CHATKEEP.chats().delete(user, "c");
        assertStored("chat", "is_deleted");
        CHATKEEP.chats().restore(user, "c");
        assertStored("chat", "not is_deleted");
        CHATKEEP.chats().delete(user, "c");
        assertThat(CHATKEEP.trash().purge(Duration.ofDays(-1))).isEqualTo(1);
        assertGone("chat", "id = 'c'");
        CHATKEEP.chats().findOrCreate(user, "d", NOTHING);
        CHATKEEP.chats().deletePermanently(user, "d");
        assertGone("chat", "id = 'd'");
        assertStored("chat_tombstone", "id = 'd'");
        assertThat(CHATKEEP.chats().list(user, ChatFilter.NONE, 10, null, 0).chats())
                .isEmpty();
    }

    @Test
    void keepsMessagesAndBranches() {
        answered("c", new Ask.Send(message("q"), Ask.Parent.TIP));
        CHATKEEP.messages().append(user, "c", List.of(message("m1"), message("m2")));
        assertStored("message", "id = 'm2'");
        CHATKEEP.messages().delete(user, "c", "m1");
        assertGone("message", "id = 'm1'");
        answered("c", new Ask.Regenerate(null, "q", null));
        assertStored("chat", "path = '{{0,1,1},{1,2,2}}'");
        CHATKEEP.branches().show(user, "c", 0);
        assertStored("chat", "path[1][1] = 0");
        CHATKEEP.branches().delete(user, "c", 1);
        assertGone("message", "branch = 1");
        CHATKEEP.messages().deleteAll(user, "c");
        assertGone("message", "true");
    }

    @Test
    void keepsAnswersAndWhatTheySayWhileTheySayIt() throws InterruptedException {
        CountDownLatch end = new CountDownLatch(1);
        Model slow = new Model("slow", "test", null, 1_000, (prompt, cancellation, sink) -> {
            sink.accept(new ModelEvent.TextDelta("It "));
            cancellation.onCancel(end::countDown);
            await().until(() -> end.getCount() == 0);
        });
        Replies.Answer answer = CHATKEEP.replies().answer(Turn.of(user, "c", message("q"), slow));
        assertStored("run", "status = 'streaming'");
        await().until(() -> count("run_event", "true") > 0);
        assertThat(CHATKEEP.replies().stop(user, "c", null))
                .map(Replies.Stopped::status)
                .contains(Status.STOPPED);
        assertThat(answer.reader().next(Duration.ofSeconds(5))).isInstanceOf(ReplyLog.Next.Chunks.class);
        assertStored("message", "status = 'stopped' and parts::text like '%It %'");
        assertThat(CHATKEEP.messages()
                        .history(user, "c", History.Page.oldest(10))
                        .messages())
                .extracting(Message::status)
                .containsExactly(Status.COMPLETE, Status.STOPPED);
    }

    /// What one node says another hears at once: LISTEN is committed too.
    @Test
    void nodesHearEachOther() throws InterruptedException {
        CountDownLatch stopped = new CountDownLatch(1);
        Model slow = new Model("slow", "test", null, 1_000, (prompt, cancellation, sink) -> {
            cancellation.onCancel(stopped::countDown);
            await().until(() -> stopped.getCount() == 0);
        });
        try (Chatkeep other = Chatkeep.open(POOL)) {
            await().until(() -> OTHERS.sql("select count(*) from chatkeep.node")
                            .query(Long.class)
                            .single()
                    == 2);
            CHATKEEP.replies().answer(Turn.of(user, "c", message("q"), slow));
            assertThat(other.replies().stop(user, "c", null))
                    .map(Replies.Stopped::status)
                    .contains(Status.STOPPED);
            assertThat(stopped.await(5, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void keepsUsersAndTheirSessions() {
        assertStored("app_user", "is_guest");
        CHATKEEP.profiles().patch(user, new Json("{\"displayName\":\"Ada\"}").tree());
        assertStored("app_user", "profile ->> 'displayName' = 'Ada'");
        String token = CHATKEEP.sessions().open(user, Device.UNKNOWN).token().text();
        assertStored("session_token", "true");
        UUID session = CHATKEEP.sessions().find(token).orElseThrow().id();
        CHATKEEP.sessions().revoke(user, session);
        assertGone("session", "true");
        CHATKEEP.sessions().open(user, Device.UNKNOWN);
        CHATKEEP.sessions().revokeAll(user, null);
        assertGone("session", "true");
        CHATKEEP.wallets().add(user, null, new Identity(Identity.SOLANA, "a" + user));
        CHATKEEP.wallets().add(user, null, new Identity(Identity.SOLANA, "b" + user));
        CHATKEEP.wallets().remove(user, null, new Identity(Identity.SOLANA, "b" + user));
        assertStored("identity", "true");
        String nonce = CHATKEEP.nonces().issue().text();
        assertThat(OTHERS.sql("select count(*) from chatkeep.sign_in_nonce")
                        .query(Long.class)
                        .single())
                .isPositive();
        assertThat(CHATKEEP.nonces().consume(nonce)).isTrue();
        assertThat(CHATKEEP.nonces().consume(nonce)).isFalse();
    }

    @Test
    void keepsWhoSignedInAndWhatWasMovedAndErased() {
        Identity identity = new Identity("https://issuer.test", "s" + user);
        UUID account = CHATKEEP.signIn(identity, Optional.empty()).id();
        CHATKEEP.chats().findOrCreate(user, "mine", NOTHING);
        CHATKEEP.signIn(identity, Optional.of(user));
        assertGone("app_user", "true");
        assertThat(CHATKEEP.identities().user(identity)).isEqualTo(account);
        assertThat(CHATKEEP.chats().get(account, "mine").id()).isEqualTo("mine");
        UUID receipt = CHATKEEP.erase(account).receipt();
        await().untilAsserted(() ->
                assertThat(CHATKEEP.erasures().get(receipt).finishedAt()).isNotNull());
        assertThat(CHATKEEP.users().find(identity)).isEmpty();
    }

    @Test
    void keepsPaymentsAndFreeMessages() {
        CHATKEEP.freeMessages().setLimit(user, 7);
        assertStored("free_message", "own_limit = 7");
        CHATKEEP.freeMessages().reset(user);
        assertStored("free_message", "used = 0");
        UUID payment = UUID.randomUUID();
        Json object = Json.EMPTY_OBJECT;
        var terms = new Offer.Terms(2, "n", "a", "p", BigInteger.TEN, object);
        var purpose = new Offer.Purpose("c", "k", "m", BigDecimal.ONE);
        CHATKEEP.payments().claim(user, payment, new Offer(purpose, terms, "w", "nonce " + user, "r", object, object));
        assertStored("payment", "status = 'verified'");
        var attempt = CHATKEEP.payments()
                .attempt(user, payment, Duration.ofMinutes(1))
                .orElseThrow();
        assertStored("payment", "attempts = 1");
        CHATKEEP.payments().leaveOpen(attempt, "timeout", null, null);
        assertStored("payment", "status = 'pending'");
        CHATKEEP.openPayments().decide(payment, "t" + user);
        assertStored("payment", "status = 'settled'");
        UUID failed = UUID.randomUUID();
        CHATKEEP.payments().claim(user, failed, new Offer(purpose, terms, "w", "other " + user, "r", object, object));
        CHATKEEP.openPayments().decide(failed, null);
        assertStored("payment", "status = 'failed'");
    }

    /// A node that begins beats at once, and signs off.
    @Test
    void nodesComeAndGo() {
        try (Chatkeep other = Chatkeep.open(POOL)) {
            assertThat(other.platform().stats().users()).isPositive();
            await().until(() -> nodes() == 2);
        }
        await().until(() -> nodes() == 1);
    }

    private static long nodes() {
        return OTHERS.sql("select count(*) from chatkeep.node")
                .query(Long.class)
                .single();
    }

    @Test
    void aHostsTransactionIsJoinedHereAsWell() {
        for (Host host : List.of(Host.jdbc(POOL), Host.jpa(POOL, false))) {
            for (Map.Entry<String, Boolean> end :
                    Map.of("kept", true, "undone", false).entrySet()) {
                host.transaction().executeWithoutResult(status -> {
                    CHATKEEP.chats().findOrCreate(user, host + "-" + end.getKey(), NOTHING);
                    CHATKEEP.chats().touch(user, host + "-" + end.getKey());
                    assertGone("chat", "id = '" + host + "-" + end.getKey() + "'");
                    if (!end.getValue()) {
                        status.setRollbackOnly();
                    }
                });
                assertThat(count("chat", "id = '" + host + "-" + end.getKey() + "'"))
                        .isEqualTo(end.getValue() ? 1 : 0);
            }
        }
    }
}
