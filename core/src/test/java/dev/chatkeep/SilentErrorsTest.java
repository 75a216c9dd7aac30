package dev.chatkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.chatkeep.chat.ChatPatch;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Json;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.message.Role;
import dev.chatkeep.payment.Charge;
import dev.chatkeep.run.Ask;
import dev.chatkeep.run.Model;
import dev.chatkeep.run.Turn;
import dev.chatkeep.user.Identity;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.util.PSQLException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.BadSqlGrammarException;

/// A pool as a host configures it: the driver tells the whole of an error, rows included. Nothing of what somebody
/// said is in an exception, and everything that tells what went wrong is.
class SilentErrorsTest {

    private static final TestDatabase DATABASE = TestDatabase.create();
    private static final Chatkeep CHATKEEP = Chatkeep.open(DATABASE.source());
    private static final Database STATEMENTS = new Database(DATABASE.source());
    private static final String SECRET = "secretwords";
    private static final UUID USER = DATABASE.newUser();
    private static final ChatPatch NOTHING = new ChatPatch(null, null, null, null, null);

    @BeforeAll
    static void fill() {
        CHATKEEP.chats().findOrCreate(USER, "c", NOTHING);
    }

    @AfterAll
    static void close() {
        CHATKEEP.close();
    }

    private static String logged(Throwable failure) {
        var text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private static Throwable failure(String sql) {
        return catchThrowable(() -> STATEMENTS
                .sql(sql)
                .param("said", SECRET)
                .query((row, n) -> row.getString(1))
                .list());
    }

    static Stream<Arguments> statements() {
        return Stream.of(
                Arguments.of("23514", insert("identity", "'', :said, gen_random_uuid(), now()")),
                Arguments.of("23505", insert("sign_in_nonce", ":said, now()), (:said, now()")),
                Arguments.of("23503", insert("chat_branch", "gen_random_uuid(), :said, 0, '{}'")),
                Arguments.of("23502", insert("sign_in_nonce", ":said, null")),
                Arguments.of("22P02", "select :said::jsonb::text"),
                Arguments.of("22P02", "select :said::uuid::text"),
                Arguments.of("22P02", "select :said::int[]::text"),
                Arguments.of("22P02", "select (:said || '\\ud800')::jsonb::text"),
                Arguments.of("22P05", "select ('\"' || :said || '\\u0000\"')::jsonb::text"),
                Arguments.of("22007", "select :said::timestamptz::text"),
                Arguments.of("42883", "select lower(:said, 'x')"));
    }

    private static String insert(String table, String values) {
        return "with x as (insert into chatkeep." + table + " values (" + values + ") returning *) select 1 from x";
    }

    @ParameterizedTest(name = "{0} of {1}")
    @MethodSource("statements")
    void aStatementThatFailsDoesNotQuoteWhatWasSaid(String state, String sql) {
        Throwable failure = failure(sql);

        assertThat(failure)
                .rootCause()
                .isInstanceOfSatisfying(
                        PSQLException.class,
                        cause -> assertThat(cause.getSQLState()).isEqualTo(state));
        assertThat(logged(failure)).doesNotContain(SECRET).doesNotContain("insert into", "select");
    }

    @Test
    void whatIsWrongIsStillToldAndInTheClassesThatAHostExpects() {
        Throwable failure = failure("""
                with x as (
                    insert into chatkeep.sign_in_nonce values (:said, now()), (:said, now()) returning nonce
                )
                select * from x
                """);
        assertThat(failure)
                .isInstanceOf(DuplicateKeyException.class)
                .hasMessageContaining("duplicate key value violates unique constraint \"sign_in_nonce_pkey\"")
                .rootCause()
                .isInstanceOfSatisfying(PSQLException.class, cause -> {
                    assertThat(cause.getServerErrorMessage()).isNotNull();
                    assertThat(cause.getServerErrorMessage().getConstraint()).isEqualTo("sign_in_nonce_pkey");
                    assertThat(cause.getServerErrorMessage().getTable()).isEqualTo("sign_in_nonce");
                    assertThat(cause.getServerErrorMessage().getDetail()).isNull();
                    assertThat(cause.getStackTrace()[0].getClassName()).startsWith("org.postgresql");
                });
        assertThat(failure("select :said::jsonb::text")).isInstanceOf(DataIntegrityViolationException.class);
        assertThat(failure("select :said from nothing")).isInstanceOf(BadSqlGrammarException.class);
        assertThat(catchThrowable(() -> STATEMENTS.inTransaction(() -> {
                    STATEMENTS.sql("set local statement_timeout = 1").update();
                    return STATEMENTS
                            .sql("select pg_sleep(1)")
                            .query((row, n) -> 1)
                            .list();
                })))
                .isInstanceOf(QueryTimeoutException.class);
    }

    private static NewMessage message(String parts) {
        return new NewMessage("m", Role.USER, new Json(parts), Json.EMPTY_ARRAY, null);
    }

    private static NewMessage said() {
        return message("[{\"type\":\"text\",\"text\":\"" + SECRET + "\"}]");
    }

    static Stream<Arguments> paths() {
        Model model = new Model("m", "test", null, 1_000, (prompt, cancellation, sink) -> {});
        return Stream.of(
                Arguments.of("append, a constraint", "message_provoked", (Executable) () ->
                        provoked("message", () -> CHATKEEP.messages().append(USER, "c", List.of(said())))),
                Arguments.of("answer, a constraint", "message_provoked", (Executable) () ->
                        provoked("message", () -> CHATKEEP.replies().answer(Turn.of(USER, "c", said(), model)))),
                Arguments.of("edit, a constraint", "message_provoked", (Executable) () -> provoked(
                        "message",
                        () -> CHATKEEP.replies()
                                .answer(new Turn(
                                        USER,
                                        "c",
                                        false,
                                        new Ask.Edit(new Ask.Send(said(), Ask.Parent.TIP)),
                                        model,
                                        null,
                                        null,
                                        Charge.NOTHING,
                                        null,
                                        null)))),
                Arguments.of("retitle, a constraint", "chat_provoked", (Executable)
                        () -> provoked("chat", () -> CHATKEEP.chats().retitle(USER, "c", SECRET))),
                Arguments.of("update, a constraint", "chat_provoked", (Executable)
                        () -> provoked("chat", () -> CHATKEEP.chats().update(USER, "c", context(), null))),
                Arguments.of("findOrCreate, a constraint", "chat_provoked", (Executable)
                        () -> provoked("chat", () -> CHATKEEP.chats().findOrCreate(USER, "d", context()))),
                Arguments.of("profile, a constraint", "app_user_provoked", (Executable) () -> provoked(
                        "app_user",
                        () -> CHATKEEP.profiles()
                                .patch(USER, new Json("{\"displayName\":\"" + SECRET + "\"}").tree()))),
                Arguments.of("wallet, a constraint", "identity_provoked", (Executable) () -> provoked(
                        "identity", () -> CHATKEEP.wallets().add(USER, null, new Identity(Identity.SOLANA, SECRET)))),
                Arguments.of("parts that are no JSON", "invalid_field", (Executable) () -> message(SECRET)),
                Arguments.of("parts that are broken JSON", "invalid_field", (Executable) () -> message("[\"" + SECRET)),
                Arguments.of("a context that is no JSON", "invalid_field", (Executable)
                        () -> new ChatPatch(null, null, null, null, new ChatPatch.Set<>(new Json(SECRET)))));
    }

    private static ChatPatch context() {
        return new ChatPatch(null, null, null, null, new ChatPatch.Set<>(new Json("{\"a\":\"" + SECRET + "\"}")));
    }

    /// A host's own constraint on a table of ours, which nothing new fulfils.
    private static void provoked(String table, Runnable call) {
        String constraint = "alter table chatkeep.%1$s %2$s constraint %1$s_provoked";
        DATABASE.sql()
                .sql(constraint.formatted(table, "add") + " check (" + table + "::text not like '%" + SECRET
                        + "%') not valid")
                .update();
        try {
            call.run();
        } finally {
            DATABASE.sql().sql(constraint.formatted(table, "drop")).update();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("paths")
    void noPathThatCarriesTextQuotesIt(String path, String named, Executable call) {
        Throwable failure = catchThrowable(call::execute);

        assertThat(failure).as(path).isNotNull();
        String code =
                failure instanceof ChatkeepException refusal ? refusal.code() : String.valueOf(failure.getMessage());
        assertThat(code).contains(named);
        assertThat(logged(failure)).doesNotContain(SECRET);
    }
}
