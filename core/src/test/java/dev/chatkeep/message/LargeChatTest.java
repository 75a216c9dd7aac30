package dev.chatkeep.message;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.Cursor;
import dev.chatkeep.ExplainedDatabase;
import dev.chatkeep.ExplainedDatabase.Plan;
import dev.chatkeep.TestDatabase;
import dev.chatkeep.chat.ChatFilter;
import dev.chatkeep.chat.ChatList;
import dev.chatkeep.chat.Chats;
import dev.chatkeep.chat.Path;
import dev.chatkeep.db.Database;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A user of 5,000 chats, one of which has 20,000 messages: a page costs what is on it, in the plan made for
/// the one user and in the one made for all.
class LargeChatTest {

    private static final TestDatabase DATABASE = TestDatabase.create();
    private static final UUID USER = DATABASE.newUser();
    private static final Path WHOLE = new Path(List.of(new Path.Segment(0, 1, 20_000)));
    private static final int PAGE = 30;

    @BeforeAll
    static void fill() {
        fill(DATABASE.newUser(), 500, 500);
        fill(USER, 5_000, 20_000);
        DATABASE.sql().sql("analyze").update();
    }

    private static void fill(UUID user, int chats, int messages) {
        DATABASE.sql().sql("""
                        insert into chatkeep.chat (user_id, id, created_at, updated_at, title)
                        select :user, 'c' || i, now() - i * interval '1 minute', now() - i * interval '1 minute', 't' || i
                        from generate_series(1, :chats) i
                        """).param("user", user).param("chats", chats).update();
        DATABASE.sql().sql("""
                        insert into chatkeep.chat_title (user_id, chat_id, folded, terms)
                        select user_id, id, title, array_to_tsvector(array[right(user_id::text, 12) || 'chat',
                            right(user_id::text, 12) || case when id like '%77' then 'rare' else title end])
                        from chatkeep.chat where user_id = :user
                        """).param("user", user).update();
        DATABASE.sql().sql("""
                        insert into chatkeep.message (user_id, chat_id, branch, pos, id, role, status, parts, created_at)
                        select :user, 'c1', 0, i, 'm' || i, 'user', 'complete', '[{"type":"text","text":"hello"}]', now()
                        from generate_series(1, :messages) i
                        """).param("user", user).param("messages", messages).update();
        DATABASE.sql()
                .sql("update chatkeep.chat set path = array[[0, 1, :messages]] where user_id = :user and id = 'c1'")
                .param("user", user)
                .param("messages", messages)
                .update();
        DATABASE.sql()
                .sql("update chatkeep.user_head set active_chats = :chats, messages = :messages where user_id = :user")
                .param("user", user)
                .param("chats", chats)
                .param("messages", messages)
                .update();
    }

    /// The plan at the twelfth call: the driver prepares on the server at the fifth.
    private static Plan plan(String planCacheMode, Consumer<Database> request) throws SQLException {
        try (ExplainedDatabase explained = new ExplainedDatabase(DATABASE, planCacheMode)) {
            Database database = explained.database();
            for (int i = 0; i < 12; i++) {
                request.accept(database);
            }
            return explained.lastPlan();
        }
    }

    private static void assertBounded(Plan plan, String index, int rows) {
        assertThat(plan.scans()).as(plan.text()).contains(index).doesNotContain("message", "message_created_at_idx");
        assertThat(plan.mostRows()).as(plan.text()).isLessThanOrEqualTo(rows);
        assertThat(plan.buffers()).as(plan.text()).isLessThan(5L * rows);
    }

    private static Chats chats(Database database) {
        return new Chats(database, InstantSource.system());
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "force_generic_plan"})
    void thePagesOfTheListReadOnlyTheirChats(String planCacheMode) throws SQLException {
        Cursor middle = chats(DATABASE.database())
                .list(USER, ChatFilter.NONE, 2_500, null, 0)
                .nextCursor()
                .orElseThrow();
        Plan first = plan(planCacheMode, database -> {
            ChatList list = chats(database).list(USER, ChatFilter.NONE, PAGE, null, 0);
            assertThat(list.chats())
                    .hasSize(PAGE)
                    .first()
                    .satisfies(chat -> assertThat(chat.id()).isEqualTo("c1"));
        });
        assertBounded(first, "chat_updated_at_idx", PAGE + 1);
        Plan later = plan(planCacheMode, database -> {
            ChatList list = chats(database).list(USER, ChatFilter.NONE, PAGE, middle, 0);
            assertThat(list.chats())
                    .hasSize(PAGE)
                    .first()
                    .satisfies(chat -> assertThat(chat.id()).isEqualTo("c2501"));
        });
        assertBounded(later, "chat_updated_at_idx", PAGE + 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "force_generic_plan"})
    void thePagesOfAHistoryReadOnlyTheirMessages(String planCacheMode) throws SQLException {
        for (boolean newestFirst : new boolean[] {true, false}) {
            for (int offset : new int[] {0, 10_000, 19_970}) {
                Plan plan = plan(planCacheMode, database -> {
                    History history = new Messages(database, InstantSource.system())
                            .history(USER, "c1", new History.Page(PAGE, offset, newestFirst, null));
                    assertThat(history.messages())
                            .hasSize(PAGE)
                            .first()
                            .satisfies(message -> assertThat(message.id())
                                    .isEqualTo("m" + (newestFirst ? 20_000 - offset : offset + 1)));
                });
                int rows = PAGE + 1; // the chat is one
                assertBounded(plan, "message_chat_id_idx", rows);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "force_generic_plan"})
    void aModelsWindowReadsOnlyItsMessages(String planCacheMode) throws SQLException {
        Plan plan = plan(
                planCacheMode,
                database -> assertThat(new Messages(database, InstantSource.system())
                                .newestBefore(USER, "c1", WHOLE, 15_001, PAGE, 1_000_000))
                        .hasSize(PAGE)
                        .first()
                        .satisfies(placed -> assertThat(placed.pos()).isEqualTo(15_000)));
        assertBounded(plan, "message_chat_id_idx", PAGE);
    }

    /// 50 of 5,000 titles are hits, and the others are not read.
    @ParameterizedTest
    @ValueSource(strings = {"auto", "force_generic_plan"})
    void aSearchReadsOnlyItsHits(String planCacheMode) throws SQLException {
        Plan plan = plan(
                planCacheMode,
                database -> assertThat(chats(database).list(USER, ChatFilter.titled("rare"), PAGE, null, 0))
                        .satisfies(found -> assertThat(found.chats()).hasSize(PAGE))
                        .satisfies(found -> assertThat(found.total()).isEqualTo(50)));
        assertThat(plan.scans())
                .as(plan.text())
                .contains("chat_title_terms_idx")
                .doesNotContain("chat_title_pkey");
        assertThat(plan.mostRows()).as(plan.text()).isLessThanOrEqualTo(55);
    }
}
