package dev.chatkeep.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.chatkeep.Chatkeep;
import dev.chatkeep.ChatkeepException;
import dev.chatkeep.Host;
import dev.chatkeep.Ids;
import dev.chatkeep.TestDatabase;
import dev.chatkeep.chat.ChatPatch;
import dev.chatkeep.db.Json;
import dev.chatkeep.message.History;
import dev.chatkeep.message.Message;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.message.Role;
import dev.chatkeep.message.Status;
import dev.chatkeep.payment.Charge;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/// What is asked within a transaction of the caller's.
class AnswerInTransactionTest {

    private static final TestDatabase DATABASE = TestDatabase.create();
    private static final Chatkeep CHATKEEP = Chatkeep.open(DATABASE.source());
    private static final List<Host> HOSTS = List.of(Host.jdbc(DATABASE.source()), Host.jpa(DATABASE.source(), true));
    private static final Duration LONG = Duration.ofSeconds(10);

    private final UUID user = DATABASE.newUser();
    private final AtomicInteger asked = new AtomicInteger();
    private final Model model = new Model("m", "test", null, 1_000, (prompt, cancellation, sink) -> {
        asked.incrementAndGet();
        sink.accept(new ModelEvent.TextDelta("It is."));
        sink.accept(new ModelEvent.Finish(FinishReason.STOP, ModelEvent.Usage.NONE));
    });

    @AfterAll
    static void close() {
        CHATKEEP.close();
    }

    static Stream<Host> hosts() {
        return HOSTS.stream();
    }

    private Turn turn(String chat, String message) {
        return Turn.of(user, chat, message(message), model);
    }

    private static NewMessage message(String id) {
        Json parts = new Json("[{\"type\":\"text\",\"text\":\"Is it so?\"}]");
        return new NewMessage(id, Role.USER, parts, Json.EMPTY_ARRAY, null);
    }

    private Replies.Answer ask(String chat) {
        return CHATKEEP.replies().answer(turn(chat, "q"));
    }

    private List<Message> messages(String chat) {
        return CHATKEEP.messages().history(user, chat, History.Page.oldest(10)).messages();
    }

    /// What others see.
    private long rows(String table) {
        return JdbcClient.create(DATABASE.unpooled())
                .sql("select count(*) from chatkeep." + table + " where user_id = :user")
                .param("user", user)
                .query(Long.class)
                .single();
    }

    private static String readAll(Replies.Answer answer) throws InterruptedException {
        var told = new StringBuilder();
        while (answer.reader().next(LONG) instanceof ReplyLog.Next.Chunks chunks) {
            chunks.json().forEach(chunk -> told.append(new String(chunk, StandardCharsets.UTF_8)));
        }
        return told.toString();
    }

    private void assertAnswered(String chat) {
        await().untilAsserted(() -> assertThat(messages(chat))
                .extracting(Message::status)
                .containsExactly(Status.COMPLETE, Status.COMPLETE));
        assertThat(messages(chat).getLast().parts().text()).contains("It is.");
        assertThat(asked).hasValue(1);
    }

    private void assertNothingWasAsked(Replies.Answer answer) throws InterruptedException {
        assertThat(readAll(answer)).contains("\"type\":\"error\"").doesNotContain("It is.");
        assertThat(asked).hasValue(0);
        assertThat(rows("chat")).isZero();
        assertThat(rows("message")).isZero();
        assertThat(rows("run")).isZero();
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void isAnsweredOnceThatIsCommitted(Host host) throws InterruptedException {
        AtomicReference<Replies.Answer> answer = new AtomicReference<>();
        String note = Ids.make();

        host.transaction().executeWithoutResult(status -> {
            CHATKEEP.chats().findOrCreate(user, "c", new ChatPatch(null, null, null, null, null));
            host.note(note);
            answer.set(ask("c"));
            assertThat(rows("run")).isZero();
            assertThat(asked).hasValue(0);
        });

        assertThat(readAll(answer.get())).contains("It is.", "\"type\":\"finish\"");
        assertAnswered("c");
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void isNotAskedWhenThatIsRolledBack(Host host) throws InterruptedException {
        AtomicReference<Replies.Answer> answer = new AtomicReference<>();

        assertThatThrownBy(() -> host.transaction().executeWithoutResult(status -> {
                    answer.set(ask("c"));
                    throw new IllegalArgumentException("changed its mind");
                }))
                .hasMessage("changed its mind");

        assertNothingWasAsked(answer.get());
        ask("c");
        assertAnswered("c");
    }

    @Test
    void isNotAskedWhenItsPartOfThatIsRolledBackToASavepoint() throws InterruptedException {
        Host host = HOSTS.getFirst();
        AtomicReference<Replies.Answer> answer = new AtomicReference<>();
        String note = Ids.make();

        host.transaction().executeWithoutResult(outer -> {
            host.note(note);
            host.nested().executeWithoutResult(inner -> {
                answer.set(ask("c"));
                inner.setRollbackOnly();
            });
        });

        assertNothingWasAsked(answer.get());
        assertThat(host.notes(note)).isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void isAnsweredOnceATransactionOfItsOwnWithinThatIsCommitted(Host host) {
        host.transaction().executeWithoutResult(outer -> {
            host.transaction(TransactionDefinition.PROPAGATION_REQUIRES_NEW).executeWithoutResult(inner -> ask("c"));
            assertAnswered("c");
            outer.setRollbackOnly();
        });

        assertAnswered("c");
    }

    @Test
    void isRefusedWhereNothingMayBeWrittenAndTheTransactionGoesOn() {
        TransactionTemplate reading = HOSTS.getFirst().transaction();
        reading.setReadOnly(true);

        reading.executeWithoutResult(status -> {
            assertThatThrownBy(() -> ask("c")).hasMessageContaining("read-only transaction");
            assertThat(rows("chat")).isZero();
        });

        assertThat(asked).hasValue(0);
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void cannotBeReadBeforeTheCommitByWhoIsToCommit(Host host) {
        host.transaction().executeWithoutResult(status -> {
            Replies.Answer answer = ask("c");
            assertThatExceptionOfType(IllegalStateException.class)
                    .isThrownBy(() -> answer.reader().next(LONG))
                    .withMessageContaining("committed");
            Replies.Answer again = ask("c");
            assertThat(again.messageId()).isEqualTo(answer.messageId());
            assertThatExceptionOfType(IllegalStateException.class)
                    .isThrownBy(() -> again.reader().next(LONG));
        });

        assertAnswered("c");
    }

    @Test
    void isOneTurnForWhoAsksTheSameMeanwhile() throws Exception {
        AtomicReference<CompletableFuture<Replies.Answer>> second = new AtomicReference<>();

        Replies.Answer first = HOSTS.getFirst().transaction().execute(status -> {
            Replies.Answer answer = ask("c");
            second.set(CompletableFuture.supplyAsync(() -> ask("c")));
            assertThat(second.get()).isNotDone();
            return answer;
        });

        assertThat(second.get().get().messageId()).isEqualTo(first.messageId());
        assertThat(readAll(second.get().get())).contains("It is.");
        assertAnswered("c");
    }

    @Test
    void isStoredAsStoppedWhenItIsStoppedBeforeTheCommit() {
        HOSTS.getFirst().transaction().executeWithoutResult(status -> {
            ask("c");
            CHATKEEP.replies().requestStop(user, "c");
        });

        await().untilAsserted(() ->
                assertThat(messages("c")).extracting(Message::status).containsExactly(Status.COMPLETE, Status.STOPPED));
        assertThat(asked).hasValue(0);
    }

    /// Its end would wait for the transaction that waits for it.
    @ParameterizedTest
    @MethodSource("hosts")
    void stopsNoOtherAnswerThere(Host host) {
        var over = new CompletableFuture<Boolean>();
        Model slow = new Model("slow", "test", null, 1_000, (prompt, cancellation, sink) -> {
            cancellation.onCancel(() -> over.complete(true));
            over.join();
        });
        String running = CHATKEEP.replies()
                .answer(Turn.of(user, "c", message("m"), slow))
                .messageId();
        String note = Ids.make();

        host.transaction().executeWithoutResult(status -> {
            host.note(note);
            assertThatExceptionOfType(ChatkeepException.Conflict.class)
                    .isThrownBy(() -> CHATKEEP.replies().answer(behind(running)))
                    .satisfies(refused -> assertThat(refused.code()).isEqualTo("run_active"));
            assertThat(over).isNotDone();
        });

        assertThat(host.notes(note)).isEqualTo(1);
        CHATKEEP.replies().answer(behind(running));
        await().untilAsserted(() -> assertThat(messages("c"))
                .extracting(Message::status)
                .containsExactly(Status.COMPLETE, Status.STOPPED, Status.COMPLETE, Status.COMPLETE));
    }

    private Turn behind(String messageId) {
        Ask ask = new Ask.Send(message("q"), new Ask.Parent.Message(messageId));
        return new Turn(user, "c", false, ask, model, null, null, Charge.NOTHING, null, null);
    }

    /// Those who look for what is nobody's, and for what is to be stopped, do so every second.
    @Test
    void isAnsweredHoweverLongTheTransactionTakes() {
        HOSTS.getFirst().transaction().executeWithoutResult(status -> {
            ask("c");
            await().pollDelay(Duration.ofSeconds(4)).until(() -> true);
        });

        assertAnswered("c");
    }

    /// As many connections as the transaction itself needs.
    @Test
    void needsNoConnectionBesideThatOfTheTransaction() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(DATABASE.unpooled());
        config.setMaximumPoolSize(2);
        config.setConnectionTimeout(1_000);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            var options = new Chatkeep.Options(
                    java.time.InstantSource.system(),
                    true,
                    Duration.ofDays(30),
                    dev.chatkeep.payment.FreeMessagePolicy.UNLIMITED);
            try (Chatkeep small = Chatkeep.open(pool, options);
                    Connection _ = pool.getConnection()) {
                Host.jdbc(pool)
                        .transaction()
                        .executeWithoutResult(status -> small.replies().answer(turn("c", "q")));
                assertAnswered("c");
            } catch (SQLException failure) {
                throw new IllegalStateException(failure);
            }
        }
    }

    /// A connection breaks in the commit, before or after PostgreSQL heard of it.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void isAnsweredIfItIsStoredWhenNobodyKnowsHowThatEnded(boolean isHeard) throws InterruptedException {
        var breaking = new BreakingSource(isHeard);
        AtomicReference<Replies.Answer> answer = new AtomicReference<>();
        try (Chatkeep chatkeep = Chatkeep.open(breaking)) {
            assertThatExceptionOfType(DataAccessException.class)
                    .isThrownBy(() -> Host.jdbc(breaking).transaction().executeWithoutResult(status -> {
                        answer.set(chatkeep.replies().answer(turn("c", "q")));
                        breaking.breakInCommit();
                    }));
            if (isHeard) {
                assertThat(readAll(answer.get())).contains("It is.");
                assertAnswered("c");
            } else {
                assertNothingWasAsked(answer.get());
            }
        }
    }

    /// Breaks the connection of this thread when it commits next.
    private static final class BreakingSource extends DelegatingDataSource {

        private final boolean isHeard;
        private final List<Thread> breaking = new ArrayList<>();

        BreakingSource(boolean isHeard) {
            super(DATABASE.unpooled());
            this.isHeard = isHeard;
        }

        synchronized void breakInCommit() {
            breaking.add(Thread.currentThread());
        }

        private synchronized boolean isBreaking() {
            return breaking.remove(Thread.currentThread());
        }

        @Override
        public Connection getConnection() throws SQLException {
            Connection connection = super.getConnection();
            return (Connection) java.lang.reflect.Proxy.newProxyInstance(
                    getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                        if (method.getName().equals("commit") && isBreaking()) {
                            if (isHeard) {
                                connection.commit();
                            }
                            connection.close();
                            throw new SQLException("The connection broke.", "08006");
                        }
                        try {
                            return method.invoke(connection, arguments);
                        } catch (java.lang.reflect.InvocationTargetException thrown) {
                            throw thrown.getTargetException();
                        }
                    });
        }
    }
}
