package dev.chatkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.chat.ChatPatch;
import dev.chatkeep.chat.Path;
import dev.chatkeep.chat.Path.Segment;
import dev.chatkeep.db.Json;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.message.Role;
import dev.chatkeep.payment.Charge;
import dev.chatkeep.payment.FreeMessagePolicy;
import dev.chatkeep.run.Ask;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.Model;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.Turn;
import dev.chatkeep.user.Identity;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every refusal there is, caught in a transaction of the caller's: nothing of what was refused stays, and the
/// transaction is committed with the rest.
class RefusalTest {

    private static final TestDatabase DATABASE = TestDatabase.create();
    private static final Chatkeep CHATKEEP = Chatkeep.open(
            DATABASE.source(),
            new Chatkeep.Options(
                    InstantSource.system(), true, Duration.ofDays(30), new FreeMessagePolicy(1, Duration.ofDays(1))));
    private static final Host HOST = Host.jdbc(DATABASE.source());
    private static final ChatPatch NOTHING = new ChatPatch(null, null, null, null, null);
    private static final CountDownLatch END = new CountDownLatch(1);
    private static final UUID NOBODY = UUID.randomUUID();
    private static final Model MODEL = new Model("m", "test", null, 1_000, (prompt, cancellation, sink) -> {
        sink.accept(new ModelEvent.TextDelta("Hi."));
        sink.accept(new ModelEvent.Finish(FinishReason.STOP, ModelEvent.Usage.NONE));
    });
    private static final Model SLOW = new Model("slow", "test", null, 1_000, (prompt, cancellation, sink) -> {
        try {
            END.await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    });

    private static final UUID USER = DATABASE.newUser();
    private static final UUID OTHER = DATABASE.newUser();
    private static final UUID PAYMENT = UUID.randomUUID();
    private static final Identity WALLET = new Identity(Identity.SOLANA, "mine");

    @AfterAll
    static void close() {
        END.countDown();
        CHATKEEP.close();
    }

    /// A user whose free message is spent, with a chat of two branches, one in the trash, one being answered
    /// and one of many gaps.
    @BeforeAll
    static void fill() {
        CHATKEEP.chats().findOrCreate(USER, "c", NOTHING);
        CHATKEEP.replies()
                .answer(turn("c", new Ask.Send(message("m", Role.USER, "hello"), Ask.Parent.TIP), MODEL, free()));
        await().until(() -> CHATKEEP.replies().resume(USER, "c").isEmpty());
        CHATKEEP.replies()
                .answer(turn(
                        "c",
                        new Ask.Edit(new Ask.Send(message("m", Role.USER, "other"), Ask.Parent.TIP)),
                        MODEL,
                        Charge.NOTHING));
        await().until(() -> CHATKEEP.replies().resume(USER, "c").isEmpty());
        CHATKEEP.chats().findOrCreate(USER, "gone", NOTHING);
        CHATKEEP.chats().delete(USER, "gone");
        CHATKEEP.replies()
                .answer(turn(
                        "busy", new Ask.Send(message("q", Role.USER, "hello"), Ask.Parent.TIP), SLOW, Charge.NOTHING));
        fillGaps();
        CHATKEEP.wallets().add(USER, null, WALLET);
        CHATKEEP.wallets().add(OTHER, null, new Identity(Identity.SOLANA, "taken"));
        IntStream.range(0, 2).forEach(i -> insertPayment(i == 0 ? UUID.randomUUID() : PAYMENT, "verified"));
        DATABASE.sql()
                .sql("""
                        insert into chatkeep.payment_claim (key, user_id, payment_id, claimed_at)
                        values (encode(sha256('transaction n spent'), 'hex'), :user, :other, now())
                        """)
                .param("user", USER)
                .param("other", UUID.randomUUID())
                .update();
    }

    private static void insertPayment(UUID id, String status) {
        DATABASE.sql()
                .sql("""
                        insert into chatkeep.payment (user_id, id, status, chat_id, turn_key, model_id, price,
                            x402_version, network, asset, pay_to, amount, payer, resource, payload, requirements,
                            next_attempt_at, created_at, verified_at)
                        values (:user, :id, :status, 'c', 'k', 'm', 0.01, 2, 'n', 'a', 'p', 10000, 'w', 'r', '{}', '{}',
                            now(), now(), now())
                        """)
                .param("user", USER)
                .param("id", id)
                .param("status", status)
                .update();
    }

    /// The shown line has as many gaps as there may be, another one has none.
    private static void fillGaps() {
        CHATKEEP.chats().findOrCreate(USER, "gaps", NOTHING);
        List<Segment> segments = IntStream.rangeClosed(1, Path.MOST_SEGMENTS)
                .mapToObj(i -> new Segment(0, i * 4, i * 4 + 2))
                .toList();
        DATABASE.sql().sql("""
                        insert into chatkeep.message (user_id, chat_id, branch, pos, id, role, status, parts, created_at)
                        select :user, 'gaps', 0, i, 'g' || i, 'user', 'complete', '[]', now()
                        from generate_series(1, 2010) i
                        """).param("user", USER).update();
        DATABASE.sql()
                .sql("update chatkeep.chat set path = :path::int[], branches = 2 where user_id = :user and id = 'gaps'")
                .param("path", new Path(segments).literal())
                .param("user", USER)
                .update();
        DATABASE.sql()
                .sql("insert into chatkeep.chat_branch values (:user, 'gaps', 1, '{{0,1,2000},{1,2001,2000}}')")
                .param("user", USER)
                .update();
    }

    private static NewMessage message(String id, Role role, String text) {
        return new NewMessage(
                id, role, new Json("[{\"type\":\"text\",\"text\":\"" + text + "\"}]"), Json.EMPTY_ARRAY, null);
    }

    private static Charge free() {
        return Charge.free(null);
    }

    private static Turn turn(String chat, Ask ask, Model model, Charge charge) {
        return new Turn(USER, chat, false, ask, model, null, null, charge, null, null);
    }

    private static Ask said(String id) {
        return new Ask.Send(message(id, Role.USER, "hello"), Ask.Parent.TIP);
    }

    static Stream<Arguments> refusals() {
        var refusals = new ArrayList<Arguments>();
        BiConsumer<String, Runnable> add = (code, call) -> refusals.add(Arguments.of(code, call));
        var chats = CHATKEEP.chats();
        var messages = CHATKEEP.messages();
        var branches = CHATKEEP.branches();
        add.accept("chat_not_found", () -> messages.append(USER, "none", List.of(message("m", Role.USER, "x"))));
        add.accept("chat_deleted", () -> messages.append(USER, "gone", List.of(message("m", Role.USER, "x"))));
        add.accept("run_active", () -> messages.append(USER, "busy", List.of(message("n", Role.USER, "x"))));
        add.accept(
                "message_id_taken",
                () -> messages.append(
                        USER, "c", List.of(message("new", Role.USER, "x"), message("m", Role.USER, "third"))));
        add.accept("message_id_taken", () -> messages.append(USER, "c", List.of(message("m", Role.SYSTEM, "other"))));
        add.accept("invalid_field", () -> messages.append(USER, "c", List.of()));
        add.accept("chat_not_found", () -> messages.delete(USER, "none", "m"));
        add.accept("message_not_found", () -> messages.delete(USER, "c", "none"));
        add.accept("run_active", () -> messages.delete(USER, "busy", "q"));
        add.accept("too_many_gaps", () -> messages.delete(USER, "gaps", "g9"));
        add.accept("run_active", () -> messages.deleteAll(USER, "busy"));
        add.accept("chat_deleted", () -> messages.deleteAll(USER, "gone"));
        add.accept("chat_not_found", () -> chats.get(USER, "none"));
        add.accept("chat_deleted", () -> chats.findOrCreate(USER, "gone", NOTHING));
        add.accept("unauthenticated", () -> chats.findOrCreate(NOBODY, "c", NOTHING));
        add.accept("chat_changed", () -> chats.update(USER, "c", NOTHING, -1L));
        add.accept("chat_not_found", () -> chats.retitle(USER, "none", "t"));
        add.accept("chat_deleted", () -> chats.touch(USER, "gone"));
        add.accept("chat_not_found", () -> chats.delete(USER, "none"));
        add.accept("chat_not_found", () -> chats.restore(USER, "none"));
        add.accept("chat_not_found", () -> chats.deletePermanently(USER, "none"));
        add.accept("branch_not_found", () -> branches.show(USER, "c", 77));
        add.accept("branch_not_found", () -> branches.delete(USER, "c", 77));
        add.accept("branch_shown", () -> branches.delete(USER, "c", 1));
        add.accept("message_not_found", () -> branches.siblings(USER, "c", "none"));
        add.accept("unauthenticated", () -> CHATKEEP.users().get(NOBODY));
        add.accept("empty_patch", () -> CHATKEEP.profiles().patch(USER, Json.EMPTY_OBJECT.tree()));
        add.accept("invalid_field", () -> CHATKEEP.profiles().patch(USER, new Json("{\"avatarUrl\":\"x\"}").tree()));
        add.accept(
                "unauthenticated", () -> CHATKEEP.profiles().patch(NOBODY, new Json("{\"displayName\":\"x\"}").tree()));
        add.accept("session_not_found", () -> CHATKEEP.sessions().revoke(USER, NOBODY));
        add.accept("wallet_taken", () -> CHATKEEP.wallets().add(USER, null, new Identity(Identity.SOLANA, "taken")));
        add.accept("unauthenticated", () -> CHATKEEP.wallets().add(NOBODY, null, new Identity(Identity.SOLANA, "new")));
        add.accept(
                "wallet_not_found", () -> CHATKEEP.wallets().remove(USER, null, new Identity(Identity.SOLANA, "no")));
        add.accept("last_identity", () -> CHATKEEP.wallets().remove(USER, null, WALLET));
        add.accept("erasure_not_found", () -> CHATKEEP.erasures().get(NOBODY));
        add.accept("user_not_found", () -> CHATKEEP.freeMessages().setLimit(NOBODY, 5));
        add.accept("user_not_found", () -> CHATKEEP.freeMessages().reset(NOBODY));
        add.accept("payment_not_found", () -> CHATKEEP.openPayments().decide(NOBODY, null));
        add.accept("transaction_already_used", () -> CHATKEEP.openPayments().decide(PAYMENT, "spent"));
        var replies = CHATKEEP.replies();
        add.accept("chat_deleted", () -> replies.answer(turn("gone", said("n"), MODEL, Charge.NOTHING)));
        add.accept("run_active", () -> replies.answer(turn("busy", said("n"), MODEL, Charge.NOTHING)));
        add.accept("free_messages_spent", () -> replies.answer(turn("new", said("n"), MODEL, free())));
        add.accept(
                "message_not_found",
                () -> replies.answer(turn("new", new Ask.Regenerate(null, null, null), MODEL, Charge.NOTHING)));
        add.accept(
                "unauthenticated", () -> replies.answer(Turn.of(NOBODY, "c", message("n", Role.USER, "hello"), MODEL)));
        return refusals.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void leavesTheTransactionAsItWas(String code, Runnable call) {
        String note = Ids.make();
        List<String> before = stored();

        HOST.transaction().executeWithoutResult(status -> {
            HOST.note(note);
            assertThatExceptionOfType(ChatkeepException.class)
                    .isThrownBy(call::run)
                    .satisfies(refused -> assertThat(refused.code()).isEqualTo(code))
                    // Routes and headers are for those to name who have them.
                    .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("/api", "Bearer", "HTTP"));
            HOST.note(note);
        });

        assertThat(stored()).isEqualTo(before);
        assertThat(HOST.notes(note)).isEqualTo(2);
    }

    /// Everything in the tables of Chatkeep, but for heartbeats.
    private static List<String> stored() {
        var rows = new ArrayList<String>();
        for (String table : List.of(
                "app_user",
                "user_head",
                "identity",
                "session",
                "erasure",
                "chat",
                "chat_branch",
                "chat_title",
                "chat_tombstone",
                "message",
                "run",
                "payment",
                "payment_claim",
                "free_message",
                "network_quota",
                "identity_usage")) {
            rows.addAll(DATABASE.sql()
                    .sql("select '%1$s ' || t::text from chatkeep.%1$s t order by 1".formatted(table))
                    .query((row, n) -> row.getString(1))
                    .list());
        }
        return rows;
    }
}
