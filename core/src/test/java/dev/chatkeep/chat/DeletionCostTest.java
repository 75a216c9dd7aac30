package dev.chatkeep.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.ExplainedDatabase;
import dev.chatkeep.ExplainedDatabase.Plan;
import dev.chatkeep.TestDatabase;
import dev.chatkeep.db.Database;
import dev.chatkeep.user.Identities;
import dev.chatkeep.user.Revocations;
import dev.chatkeep.user.Sessions;
import dev.chatkeep.user.Users;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is deleted for good is read, and what is beside it is not: neither the rest of the account nor what
/// others say.
class DeletionCostTest {

    private static final TestDatabase DATABASE = TestDatabase.create();
    private static final InstantSource CLOCK = InstantSource.system();
    private static final UUID OTHER = DATABASE.newUser();

    @BeforeAll
    static void fill() {
        fill(OTHER);
        DATABASE.sql().sql("""
                        insert into chatkeep.run_event (user_id, run_id, last, slot, lines, at)
                        select md5(id::text)::uuid, id, n, 0, 'said', now()
                        from chatkeep.run, generate_series(1, 5) n
                        """).update();
    }

    /// 20,000 messages in 200 chats, every other one with a run.
    private static void fill(UUID user) {
        for (String sql : List.of("""
                insert into chatkeep.chat (user_id, id, created_at, updated_at, path, stored_messages)
                select :user, 'c' || i, now(), now(), '{{0,1,100}}', 100 from generate_series(1, 200) i
                """, """
                insert into chatkeep.message (user_id, chat_id, branch, pos, id, role, status, parts, created_at)
                select user_id, id, 0, i, 'm' || i, 'user', 'complete', '[]', now()
                from chatkeep.chat, generate_series(1, 100) i
                where user_id = :user
                """, """
                insert into chatkeep.run (user_id, chat_id, id, turn_key, branch, pos, message_id, model_id, status,
                    node_id, started_at, finished_at)
                select user_id, chat_id, gen_random_uuid(), id, 0, pos, id, 'm', 'complete', gen_random_uuid(), now(), now()
                from chatkeep.message
                where user_id = :user and pos % 2 = 0
                """)) {
            DATABASE.sql().sql(sql).param("user", user).update();
        }
        DATABASE.sql().sql("analyze").update();
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "force_generic_plan"})
    void aChatIsDeletedWithoutReadingOthers(String planCacheMode) throws SQLException {
        UUID user = DATABASE.newUser();
        fill(user);
        try (ExplainedDatabase explained = new ExplainedDatabase(DATABASE, planCacheMode)) {
            Chats chats = new Chats(explained.database(), CLOCK);
            for (int i = 1; i <= 8; i++) {
                String id = "c" + i;
                assertBounded(explained.plansOf(() -> chats.deletePermanently(user, id)), 400);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "force_generic_plan"})
    void anAccountIsErasedInBatchesThatReadWhatTheyDelete(String planCacheMode) throws SQLException {
        UUID user = DATABASE.newUser();
        fill(user);
        try (ExplainedDatabase explained = new ExplainedDatabase(DATABASE, planCacheMode)) {
            Erasures erasures = erasures(explained.database());
            erasures.begin(user);
            assertBounded(explained.plansOf(() -> erasures.finish(user)), 2_500);
        }
        assertThat(DATABASE.sql()
                        .sql("select count(*) from chatkeep.app_user where user_id = :user")
                        .param("user", user)
                        .query(Long.class)
                        .single())
                .isZero();
    }

    private static Erasures erasures(Database database) {
        Revocations revocations = new Revocations(database, CLOCK);
        Sessions sessions = new Sessions(database, CLOCK, revocations);
        return new Erasures(
                database,
                new Identities(database, CLOCK, new Users(database, CLOCK, sessions), revocations),
                sessions,
                CLOCK);
    }

    private static void assertBounded(List<Plan> plans, int rows) {
        assertThat(plans).isNotEmpty();
        for (Plan plan : plans) {
            assertThat(plan.mostRows()).as(plan.text()).isLessThanOrEqualTo(rows);
        }
    }
}
