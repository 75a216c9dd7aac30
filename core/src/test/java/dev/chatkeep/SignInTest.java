package dev.chatkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.chat.ChatFilter;
import dev.chatkeep.chat.ChatPatch;
import dev.chatkeep.db.Json;
import dev.chatkeep.message.Branches;
import dev.chatkeep.message.History;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.message.Role;
import dev.chatkeep.payment.Charge;
import dev.chatkeep.run.Ask;
import dev.chatkeep.run.Model;
import dev.chatkeep.run.Turn;
import dev.chatkeep.user.Device;
import dev.chatkeep.user.Identity;
import dev.chatkeep.user.User;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Who someone is after a sign-in, and what becomes of the guest they were.
class SignInTest {

    private static final TestDatabase DATABASE = TestDatabase.create();
    private static final Chatkeep CHATKEEP = Chatkeep.open(DATABASE.source());

    private final Identity identity = new Identity("https://issuer.test", Ids.make());

    @AfterAll
    static void stop() {
        CHATKEEP.close();
    }

    @Test
    void twelveFirstSignInsAtOnceMakeOneUser() throws Exception {
        long before = users();

        List<User> signedIn = atOnce(12, () -> CHATKEEP.signIn(identity, Optional.empty()));

        assertThat(new HashSet<>(signedIn)).hasSize(1);
        assertThat(signedIn.getFirst().isGuest()).isFalse();
        assertThat(users()).isEqualTo(before + 1);
        assertThat(CHATKEEP.chats().stats(signedIn.getFirst().id()).totalChats())
                .isZero();
    }

    @Test
    void twoIssuersMayUseTheSameSubject() {
        User one = CHATKEEP.signIn(identity, Optional.empty());
        User other = CHATKEEP.signIn(new Identity("https://other.test", identity.subject()), Optional.empty());

        assertThat(other.id()).isNotEqualTo(one.id());
    }

    @Test
    void aGuestWhoSignsInForTheFirstTimeStaysWhoTheyAre() {
        UUID guest = guestWith("mine");
        String token = token(guest);

        User user = CHATKEEP.signIn(identity, Optional.of(guest));

        assertThat(user.id()).isEqualTo(guest);
        assertThat(user.isGuest()).isFalse();
        assertThat(CHATKEEP.signIn(identity, Optional.empty())).isEqualTo(user);
        assertThat(chats(guest)).containsExactly("mine");
        assertThat(CHATKEEP.sessions().find(token))
                .as("a token that somebody else may know is none of the account's")
                .isEmpty();
    }

    @Test
    void whoIsNoGuestIsNeitherTurnedIntoAnotherNorClaimed() {
        User first = CHATKEEP.signIn(identity, Optional.empty());
        write(first.id(), "mine");

        User second = CHATKEEP.signIn(new Identity("https://issuer.test", Ids.make()), Optional.of(first.id()));
        User third =
                CHATKEEP.signIn(new Identity("https://issuer.test", second.id().toString()), Optional.empty());
        CHATKEEP.signIn(identity, Optional.of(third.id()));

        assertThat(Set.of(first.id(), second.id(), third.id())).hasSize(3);
        assertThat(chats(first.id())).containsExactly("mine");
        assertThat(chats(second.id())).isEmpty();
        assertThat(CHATKEEP.users().get(third.id())).isEqualTo(third);
    }

    @Test
    void anAccountThatWasThereGetsEverythingTheGuestHadAndKeepsItsOwn() {
        UUID user = CHATKEEP.signIn(identity, Optional.empty()).id();
        write(user, "same");
        write(user, "gone");
        CHATKEEP.chats().deletePermanently(user, "gone");
        UUID guest = guestWith("same", "gone", "other", "trash");
        CHATKEEP.chats().delete(guest, "trash");
        CHATKEEP.chats().retitle(guest, "other", "A walrus of the guest");
        String token = token(guest);
        List<String> own = rows(user);
        List<String> guests = rows(guest);

        User signedIn = CHATKEEP.signIn(identity, Optional.of(guest));

        assertThat(signedIn.id()).isEqualTo(user);
        assertThat(rows(user))
                .hasSize(own.size() + guests.size())
                .containsAll(own)
                .containsAll(guests);
        assertThat(chats(user)).hasSize(5).contains("same", "other").doesNotContain("gone");
        assertThat(CHATKEEP.chats().restore(user, "trash").id()).isEqualTo("trash");
        assertThat(CHATKEEP.chats()
                        .list(user, ChatFilter.titled("walrus"), 10, null, 0)
                        .chats())
                .singleElement()
                .extracting(chat -> chat.id())
                .isEqualTo("other");
        assertCounted(user);
        assertThat(CHATKEEP.sessions().find(token)).isEmpty();
        assertThat(count("select count(*) from chatkeep.app_user where user_id = '" + guest + "'"))
                .isZero();
        assertThat(CHATKEEP.messages()
                        .history(user, "other", History.Page.newest(10))
                        .messages())
                .hasSize(2);
    }

    @Test
    void twentyClaimsOfOneGuestHaveOneResult() throws Exception {
        UUID user = CHATKEEP.signIn(identity, Optional.empty()).id();
        write(user, "c0");
        UUID guest = guestWith("c0", "c1", "c2", "c3", "c4");
        List<String> guests = rows(guest);

        List<User> signedIn = atOnce(20, () -> CHATKEEP.signIn(identity, Optional.of(guest)));

        assertThat(signedIn).allSatisfy(one -> assertThat(one.id()).isEqualTo(user));
        assertThat(chats(user)).hasSize(6);
        assertThat(rows(user)).containsAll(guests);
        assertCounted(user);
    }

    @Test
    void twentyFirstSignInsOfOneGuestHaveOneResult() throws Exception {
        UUID guest = guestWith("mine");

        List<User> signedIn = atOnce(20, () -> CHATKEEP.signIn(identity, Optional.of(guest)));

        assertThat(signedIn).allSatisfy(one -> assertThat(one.id()).isEqualTo(guest));
        assertThat(chats(guest)).containsExactly("mine");
    }

    @Test
    void oneOfTwoAccountsGetsAGuestThatBothClaim() throws Exception {
        Identity other = new Identity("https://issuer.test", Ids.make());
        UUID one = CHATKEEP.signIn(identity, Optional.empty()).id();
        UUID two = CHATKEEP.signIn(other, Optional.empty()).id();
        UUID guest = guestWith("c0", "c1", "c2");
        List<Identity> both = List.of(identity, other);
        var turn = new java.util.concurrent.atomic.AtomicInteger();

        atOnce(10, () -> CHATKEEP.signIn(both.get(turn.getAndIncrement() % 2), Optional.of(guest)));

        assertThat(chats(one).size() + chats(two).size()).isEqualTo(3);
        assertThat(Set.of(chats(one).size(), chats(two).size())).containsExactlyInAnyOrder(0, 3);
    }

    @Test
    void aChatThatIsBeingAnsweredIsMovedWhenItHasItsAnswer() {
        UUID user = CHATKEEP.signIn(identity, Optional.empty()).id();
        UUID guest = guestWith("done", "answered");
        update("update chatkeep.run set status = 'streaming', finished_at = null where user_id = :user", guest);

        CHATKEEP.signIn(identity, Optional.of(guest));
        assertThat(chats(user)).containsExactly("done");

        update("update chatkeep.run set status = 'complete', finished_at = now() where user_id = :user", guest);
        CHATKEEP.signIn(identity, Optional.of(guest));
        assertThat(chats(user)).containsExactlyInAnyOrder("done", "answered");
    }

    @Test
    void theLinesOfAChatMoveWithIt() {
        UUID user = CHATKEEP.signIn(identity, Optional.empty()).id();
        UUID guest = guestWith("edited");
        Model model = new Model("m", "test", null, 1_000, (prompt, cancellation, sink) -> {});
        NewMessage other = new NewMessage(
                "q", Role.USER, new Json("[{\"type\":\"text\",\"text\":\"other words\"}]"), Json.EMPTY_ARRAY, null);
        CHATKEEP.replies()
                .answer(new Turn(
                        guest,
                        "edited",
                        false,
                        new Ask.Edit(new Ask.Send(other, Ask.Parent.TIP)),
                        model,
                        null,
                        null,
                        Charge.NOTHING,
                        null,
                        null));
        await().until(() -> CHATKEEP.replies().resume(guest, "edited").isEmpty());

        CHATKEEP.signIn(identity, Optional.of(guest));

        assertThat(CHATKEEP.branches().siblings(user, "edited", "q"))
                .extracting(Branches.Sibling::branch, Branches.Sibling::isShown)
                .containsExactly(tuple(0, false), tuple(2, true));
        CHATKEEP.branches().show(user, "edited", 0);
        assertThat(CHATKEEP.messages()
                        .history(user, "edited", History.Page.oldest(100))
                        .messages())
                .hasSize(2)
                .first()
                .satisfies(question -> assertThat(question.parts().text()).contains("of " + guest));
    }

    private static UUID guestWith(String... chats) {
        UUID guest = CHATKEEP.users().createGuest().id();
        for (String chat : chats) {
            write(guest, chat);
        }
        return guest;
    }

    private static String token(UUID user) {
        return CHATKEEP.sessions().open(user, Device.UNKNOWN).token().text();
    }

    /// A payment for each message that has none.
    private static final String PAID = """
            insert into chatkeep.payment (user_id, id, status, chat_id, turn_key, model_id, price, x402_version,
                network, asset, pay_to, amount, payer, transaction, resource, payload, requirements, is_spent,
                created_at, verified_at, settled_at)
            select user_id, gen_random_uuid(), 'settled', chat_id, id, 'm', 0.01, 2,
                'n', 'a', 'p', 10000, 'w', 't', 'r', '{}', '{}', true,
                now(), now(), now()
            from chatkeep.message where user_id = :user and payment_id is null
            """;

    /// A chat with two messages and, if it is called "answered", a run.
    private static void write(UUID user, String chat) {
        CHATKEEP.chats().findOrCreate(user, chat, new ChatPatch(null, null, null, null, null));
        Json parts = new Json("[{\"type\":\"text\",\"text\":\"of " + user + "\"}]");
        CHATKEEP.messages()
                .append(
                        user,
                        chat,
                        List.of(
                                new NewMessage("q", Role.USER, parts, Json.EMPTY_ARRAY, new Json("{\"k\":1}")),
                                new NewMessage("a", Role.ASSISTANT, parts, new Json("[{\"url\":\"u\"}]"), null)));
        update("""
                update chatkeep.chat
                set last_context = '{"files":1}', model_id = 'm', sandbox_id = 's', branches = 2, visibility = 'public'
                where user_id = :user
                """, user);
        update(PAID, user);
        update("""
                update chatkeep.message m set payment_id = p.id
                from chatkeep.payment p
                where m.user_id = :user and p.user_id = :user and p.chat_id = m.chat_id and p.turn_key = m.id
                """, user);
        if (chat.equals("answered")) {
            update("""
                    insert into chatkeep.run (user_id, chat_id, id, turn_key, branch, pos, message_id, model_id, status,
                        node_id, epoch, started_at, finished_at)
                    values (:user, 'answered', gen_random_uuid(), 'q', 0, 2, 'a', 'm', 'complete',
                        gen_random_uuid(), 3, now(), now())
                    """, user);
        }
    }

    private static void update(String sql, UUID user) {
        DATABASE.sql().sql(sql).param("user", user).update();
    }

    private static List<String> chats(UUID user) {
        return DATABASE.sql()
                .sql("select id from chatkeep.chat where user_id = :user order by id")
                .param("user", user)
                .query((row, n) -> row.getString("id"))
                .list();
    }

    /// All that is kept of chats and messages, in every column but the keys and the order of changes.
    private static List<String> rows(UUID user) {
        var rows = new ArrayList<String>();
        for (String table : List.of("chat", "message")) {
            String keys = table.equals("chat") ? "array['user_id', 'id', 'change_seq']" : "array['user_id', 'chat_id']";
            rows.addAll(DATABASE.sql()
                    .sql("select (to_jsonb(t) - %s)::text as kept from chatkeep.%s t where user_id = :user"
                            .formatted(keys, table))
                    .param("user", user)
                    .query((row, n) -> row.getString("kept"))
                    .list());
        }
        return rows;
    }

    private static void assertCounted(UUID user) {
        String counted = """
                select count(*)
                from chatkeep.user_head h
                where user_id = '%1$s'
                    and active_chats = (select count(*) from chatkeep.chat where user_id = '%1$s' and not is_deleted)
                    and deleted_chats = (select count(*) from chatkeep.chat where user_id = '%1$s' and is_deleted)
                    and messages = (
                        select count(*)
                        from chatkeep.message m join chatkeep.chat c on c.user_id = m.user_id and c.id = m.chat_id
                        where m.user_id = '%1$s' and not c.is_deleted)
                    and change_seq = (select max(change_seq) from chatkeep.chat where user_id = '%1$s')
                """;
        assertThat(count(counted.formatted(user))).isEqualTo(1);
    }

    private static long users() {
        return count("select count(*) from chatkeep.app_user");
    }

    private static long count(String sql) {
        return DATABASE.sql().sql(sql).query(Long.class).single();
    }

    private static <T> List<T> atOnce(int times, Callable<T> call) throws Exception {
        CountDownLatch start = new CountDownLatch(1);
        var results = new ArrayList<T>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var futures = new ArrayList<Future<T>>();
            for (int i = 0; i < times; i++) {
                futures.add(threads.submit(() -> {
                    start.await();
                    return call.call();
                }));
            }
            start.countDown();
            for (Future<T> future : futures) {
                results.add(future.get());
            }
        }
        return results;
    }
}
