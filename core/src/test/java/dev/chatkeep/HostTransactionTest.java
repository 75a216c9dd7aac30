package dev.chatkeep;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.chat.ChatPatch;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Json;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.message.Role;
import dev.chatkeep.user.Device;
import dev.chatkeep.user.Identity;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.UnexpectedRollbackException;

/// What the stores do in a transaction that is the caller's.
class HostTransactionTest {

    private static final TestDatabase DATABASE = TestDatabase.create();
    private static final Chatkeep CHATKEEP = Chatkeep.open(DATABASE.source());
    private static final List<Host> HOSTS = List.of(Host.jdbc(DATABASE.source()), Host.jpa(DATABASE.source(), true));
    private static final ChatPatch NOTHING = new ChatPatch(null, null, null, null, null);

    private final UUID user = DATABASE.newUser();
    private final String note = Ids.make();

    @AfterAll
    static void close() {
        CHATKEEP.close();
    }

    static Stream<Host> hosts() {
        return HOSTS.stream();
    }

    private static NewMessage message(String id) {
        Json parts = new Json("[{\"type\":\"text\",\"text\":\"hello\"}]");
        return new NewMessage(id, Role.USER, parts, Json.EMPTY_ARRAY, null);
    }

    private boolean isNoted() {
        return DATABASE.sql()
                .sql("select exists (select from public.note where text = :text)")
                .param("text", note)
                .query(Boolean.class)
                .single();
    }

    /// What others see of them.
    private List<String> messages(String chat) {
        return JdbcClient.create(DATABASE.unpooled())
                .sql("select id from chatkeep.message where user_id = :user and chat_id = :chat order by pos")
                .param("user", user)
                .param("chat", chat)
                .query((row, n) -> row.getString(1))
                .list();
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void whatIsWrittenIsCommittedWithTheRest(Host host) {
        host.transaction().executeWithoutResult(status -> {
            CHATKEEP.chats().findOrCreate(user, "c", NOTHING);
            CHATKEEP.messages().append(user, "c", List.of(message("m")));
            host.note(note);
            assertThat(messages("c")).isEmpty();
        });

        assertThat(messages("c")).containsExactly("m");
        assertThat(isNoted()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void whatIsWrittenIsRolledBackWithTheRest(Host host) {
        CHATKEEP.chats().findOrCreate(user, "c", NOTHING);

        host.transaction().executeWithoutResult(status -> {
            host.note(note);
            CHATKEEP.messages().append(user, "c", List.of(message("m")));
            CHATKEEP.chats().retitle(user, "c", "Another title");
            status.setRollbackOnly();
        });

        assertThat(messages("c")).isEmpty();
        assertThat(CHATKEEP.chats().get(user, "c").title()).isNotEqualTo("Another title");
        assertThat(isNoted()).isFalse();
    }

    /// PostgreSQL undoes all of it, and the driver's commit returns as if it had been committed.
    @ParameterizedTest
    @MethodSource("hosts")
    void aStatementThatFailedIsToldOfByTheCommitWhoeverCaughtIt(Host host) {
        CHATKEEP.chats().findOrCreate(user, "c", NOTHING);

        assertThatExceptionOfType(UnexpectedRollbackException.class)
                .isThrownBy(() -> host.transaction().executeWithoutResult(status -> {
                    host.note(note);
                    host.sql().sql("set transaction read only").update();
                    assertThatExceptionOfType(DataAccessException.class)
                            .isThrownBy(() -> CHATKEEP.chats().retitle(user, "c", "Another title"));
                }));

        assertThat(isNoted()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void aRefusalThatIsCaughtLeavesTheTransactionAsItWas(Host host) {
        host.transaction().executeWithoutResult(status -> {
            assertThatExceptionOfType(ChatkeepException.NotFound.class)
                    .isThrownBy(() -> CHATKEEP.messages().append(user, "c", List.of(message("m"))));
            CHATKEEP.chats().findOrCreate(user, "c", NOTHING);
            CHATKEEP.messages().append(user, "c", List.of(message("m")));
            host.note(note);
        });

        assertThat(messages("c")).containsExactly("m");
        assertThat(isNoted()).isTrue();
    }

    private static void failHalfway(Database database) {
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> database.inTransaction(() -> {
                    throw new IllegalStateException("half of it was written");
                }));
    }

    /// PostgreSQL goes on with nothing after a failure, and a half of ours must not be committed.
    @ParameterizedTest
    @MethodSource("hosts")
    void aFailureThatIsCaughtDoomsTheTransaction(Host host) {
        Database database = new Database(DATABASE.source());

        assertThatExceptionOfType(UnexpectedRollbackException.class)
                .isThrownBy(() -> host.transaction().executeWithoutResult(status -> {
                    host.note(note);
                    failHalfway(database);
                }));

        assertThat(isNoted()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void aRefusalBehindASavepointSavesNoTransactionThatIsDoomed(Host host) {
        Database database = new Database(DATABASE.source());

        assertThatExceptionOfType(UnexpectedRollbackException.class)
                .isThrownBy(() -> host.transaction().executeWithoutResult(status -> {
                    host.note(note);
                    failHalfway(database);
                    assertThatExceptionOfType(ChatkeepException.NotFound.class)
                            .isThrownBy(() -> database.inNestedTransaction(() -> {
                                throw ChatkeepException.NotFound.chat();
                            }));
                }));

        assertThat(isNoted()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void aFailureBehindASavepointLeavesNothingAndTheTransactionGoesOn(Host host) {
        Database database = new Database(DATABASE.source());

        host.transaction().executeWithoutResult(status -> {
            host.note(note);
            assertThatExceptionOfType(DataIntegrityViolationException.class)
                    .isThrownBy(() -> database.inNestedTransaction(() -> database.inTransaction(() -> {
                        CHATKEEP.chats().findOrCreate(user, "c", NOTHING);
                        return database.sql("insert into chatkeep.chat_branch values (:user, 'none', 1, '{}')")
                                .param("user", user)
                                .update();
                    })));
            CHATKEEP.chats().findOrCreate(user, "d", NOTHING);
        });

        assertThat(isNoted()).isTrue();
        assertThatExceptionOfType(ChatkeepException.NotFound.class)
                .isThrownBy(() -> CHATKEEP.chats().get(user, "c"));
        assertThat(CHATKEEP.chats().get(user, "d").id()).isEqualTo("d");
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void aUserThatIsRolledBackIsNotRemembered(Host host) {
        Identity identity = new Identity("https://issuer.test", Ids.make());

        UUID undone = requireNonNull(host.transaction().execute(status -> {
            status.setRollbackOnly();
            return CHATKEEP.identities().user(identity);
        }));

        UUID kept = CHATKEEP.identities().user(identity);
        assertThat(kept).isNotEqualTo(undone);
        assertThat(CHATKEEP.users().get(kept).isGuest()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void aSessionThatIsRolledBackOpensNothing(Host host) {
        String token = requireNonNull(host.transaction().execute(status -> {
            status.setRollbackOnly();
            String opened =
                    CHATKEEP.sessions().open(user, Device.UNKNOWN).token().text();
            assertThat(CHATKEEP.sessions().find(opened)).isPresent();
            return opened;
        }));

        assertThat(CHATKEEP.sessions().find(token)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void aSessionEndsWhenItsEndIsCommitted(Host host) {
        String token = CHATKEEP.sessions().open(user, Device.UNKNOWN).token().text();

        host.transaction().executeWithoutResult(status -> {
            assertThat(CHATKEEP.sessions().revokeAll(user, null)).isEqualTo(1);
            status.setRollbackOnly();
        });
        assertThat(CHATKEEP.sessions().find(token)).isPresent();

        host.transaction().executeWithoutResult(status -> CHATKEEP.sessions().revokeAll(user, null));
        assertThat(CHATKEEP.sessions().find(token)).isEmpty();
    }

    /// Adding a wallet ends the guest's sessions.
    @ParameterizedTest
    @MethodSource("hosts")
    void aSignInThatIsRolledBackEndsNoSession(Host host) {
        String token = CHATKEEP.sessions().open(user, Device.UNKNOWN).token().text();
        Identity wallet = new Identity(Identity.SOLANA, Ids.make());

        host.transaction().executeWithoutResult(status -> {
            CHATKEEP.wallets().add(user, null, wallet);
            status.setRollbackOnly();
        });
        assertThat(CHATKEEP.sessions().find(token)).isPresent();
        assertThat(CHATKEEP.users().get(user).isGuest()).isTrue();

        host.transaction().executeWithoutResult(status -> CHATKEEP.users().signIn(wallet, Optional.of(user)));
        assertThat(CHATKEEP.sessions().find(token)).isEmpty();
        assertThat(CHATKEEP.users().get(user).isGuest()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void anErasureBeginsOnceItIsCommitted(Host host) {
        CHATKEEP.chats().findOrCreate(user, "c", NOTHING);

        host.transaction().executeWithoutResult(status -> {
            CHATKEEP.erase(user);
            status.setRollbackOnly();
        });
        assertThat(CHATKEEP.chats().get(user, "c").id()).isEqualTo("c");

        UUID receipt = requireNonNull(
                host.transaction().execute(status -> CHATKEEP.erase(user).receipt()));
        await().untilAsserted(() ->
                assertThat(CHATKEEP.erasures().get(receipt).finishedAt()).isNotNull());
    }
}
