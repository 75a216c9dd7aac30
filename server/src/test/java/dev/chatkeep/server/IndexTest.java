package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import net.ttddyy.dsproxy.QueryInfo;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// That the six indexes of the seed are used, on 100,000 chats and 100,000 messages: each statement that a
/// request really sends, with its parameters, is explained.
class IndexTest {

    private static final int ROWS = 100_000;

    private static TestServer server;
    private static Api api;
    private static UUID user;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."));
        api = server.guest();
        user = UUID.fromString(api.post("/api/chats", "{\"id\":\"long\"}")
                .json()
                .path("chat")
                .path("userId")
                .stringValue());
        server.guest().post("/api/chats", "{\"id\":\"another\"}");
        fill();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<Arguments> requests() {
        return Stream.of(
                Arguments.of("chat_user_id_idx", "/api/chats?status=all"),
                Arguments.of("chat_user_id_idx", "/api/chats?status=all&cursor={cursor}"),
                Arguments.of("chat_updated_at_idx", "/api/chats?includeStats=true"),
                Arguments.of("chat_updated_at_idx", "/api/chats?cursor={cursor}"),
                Arguments.of("chat_updated_at_idx", "/api/chats?offset=500"),
                Arguments.of("chat_updated_at_idx", "/api/chats/recent"),
                Arguments.of("chat_is_deleted_idx", "/api/chats/deleted"),
                Arguments.of("chat_is_deleted_idx", "/api/chats/deleted?cursor={cursor}"),
                Arguments.of("message_chat_id_idx", "/api/chats/long"),
                Arguments.of("message_chat_id_idx", "/api/chats/long?order=desc"),
                Arguments.of("message_chat_id_idx", "/api/chats/long/messages?cursor={cursor}"),
                Arguments.of("message_chat_id_idx", "/api/chats/long?messageOffset=9000"),
                Arguments.of("message_id_idx", "/api/chats/long/messages/m77"),
                Arguments.of("chat_title_terms_idx", "/api/chats?search=rare"));
    }

    @ParameterizedTest(name = "{0} serves {1}")
    @MethodSource("requests")
    void anIndexServesARequest(String index, String path) throws Exception {
        String request = path.replace("{cursor}", path.contains("{cursor}") ? cursor(path) : "");

        List<QueryInfo> statements = server.sent(
                () -> assertThat(api.get(request).status()).as(request).isEqualTo(200));

        assertThat(statements).as("statements of %s", request).isNotEmpty();
        var plans = new ArrayList<String>();
        for (QueryInfo statement : statements) {
            plans.add(explain(statement));
        }
        assertThat(plans).anyMatch(plan -> plan.contains(index));
        assertThat(plans).noneMatch(plan -> plan.matches("(?s).*Seq Scan on (chat|message).*"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "message_payment_id_idx | user_id = ? and payment_id = '00000000-0000-0000-0000-000000000007'",
                "message_created_at_idx | user_id = ? and created_at >= now() - interval '1 hour'"
            })
    void anIndexServesTheQuestionItIsFor(String index, String question) throws SQLException {
        try (Connection connection = server.database().source().getConnection();
                PreparedStatement explain = connection.prepareStatement(
                        "explain (costs off) select * from chatkeep.message where " + question)) {
            explain.setObject(1, user);
            assertThat(lines(explain)).contains(index);
        }
    }

    @Test
    void theSixIndexesOfTheSeedAreThere() {
        assertThat(server.database()
                        .sql()
                        .sql("select indexname from pg_indexes where schemaname = 'chatkeep'")
                        .query(String.class)
                        .list())
                .contains(
                        "chat_user_id_idx",
                        "chat_updated_at_idx",
                        "chat_is_deleted_idx",
                        "message_chat_id_idx",
                        "message_payment_id_idx",
                        "message_created_at_idx");
    }

    private static String cursor(String path) {
        String first = path.replaceAll("[?&]cursor=.*", "");
        return api.get(first).json().path("pagination").path("nextCursor").stringValue();
    }

    /// The plan of a statement with the parameters it was sent with.
    private static String explain(QueryInfo statement) throws Exception {
        try (Connection connection = server.database().source().getConnection();
                PreparedStatement explain =
                        connection.prepareStatement("explain (costs off) " + statement.getQuery())) {
            for (var parameter : statement.getParametersList().getFirst()) {
                parameter.getMethod().invoke(explain, parameter.getArgs());
            }
            return lines(explain);
        }
    }

    private static String lines(PreparedStatement explain) throws SQLException {
        var plan = new StringBuilder();
        try (var rows = explain.executeQuery()) {
            while (rows.next()) {
                plan.append(rows.getString(1)).append('\n');
            }
        }
        return plan.toString();
    }

    /// A fifth of the chats and half of the messages are the user's, the others another's; every tenth chat
    /// lies in the trash.
    private static void fill() {
        var sql = server.database().sql();
        sql.sql("""
                insert into chatkeep.chat (user_id, id, created_at, updated_at, title, change_seq, is_deleted, deleted_at)
                select h.user_id, 'c' || n, now() - n * interval '1 minute', now() - n * interval '1 minute',
                    'Chat ' || n, 1, n % 10 = 0, case when n % 10 = 0 then now() - n * interval '1 second' end
                from chatkeep.user_head h,
                    generate_series(1, case h.user_id when :user then :rows / 5 else :rows / 5 * 4 end) n
                """).param("user", user).param("rows", ROWS).update();
        sql.sql("""
                insert into chatkeep.chat_title (user_id, chat_id, folded, terms)
                select user_id, id, lower(title), array_to_tsvector(array(
                    select right(user_id::text, 12) || word
                    from unnest(array['chat', substr(id, 2)]
                        || case when id like '%7777' then array['rare'] else '{}' end) as word))
                from chatkeep.chat where title is not null
                """).update();
        sql.sql("select user_id from chatkeep.user_head")
                .query(UUID.class)
                .list()
                .forEach(owner -> server.database().insertPayments(owner, ROWS / 200));
        sql.sql("""
                insert into chatkeep.message
                    (user_id, chat_id, branch, pos, id, role, status, parts, payment_id, created_at)
                select user_id, id, 0, n, 'm' || n, 'user', 'complete', '[{"type":"text","text":"hello"}]',
                    case when n % 100 = 77 then lpad((n / 100 + 1)::text, 32, '0')::uuid end,
                    now() - n * interval '1 minute'
                from chatkeep.chat, generate_series(1, :rows / 2) n
                where id in ('long', 'another')
                """).param("rows", ROWS).update();
        sql.sql("""
                update chatkeep.chat set path = array[[0, 1, :rows / 2]], stored_messages = :rows / 2
                where id in ('long', 'another')
                """).param("rows", ROWS).update();
        sql.sql("""
                update chatkeep.user_head
                set active_chats = c.active, deleted_chats = c.deleted, messages = :rows / 2
                from (
                    select user_id as of_user, count(*) filter (where not is_deleted) as active,
                        count(*) filter (where is_deleted) as deleted
                    from chatkeep.chat group by user_id
                ) c
                where user_id = of_user
                """).param("rows", ROWS).update();
        sql.sql("analyze").update();
    }
}
