package dev.chatkeep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.ExplainedDatabase;
import dev.chatkeep.ExplainedDatabase.Plan;
import dev.chatkeep.Host;
import dev.chatkeep.Ids;
import dev.chatkeep.TestDatabase;
import dev.chatkeep.chat.ChatPatch;
import dev.chatkeep.chat.Chats;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Json;
import dev.chatkeep.message.Branches;
import dev.chatkeep.message.History;
import dev.chatkeep.message.Messages;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.message.Role;
import dev.chatkeep.message.Status;
import dev.chatkeep.payment.Charge;
import dev.chatkeep.payment.FreeMessagePolicy;
import dev.chatkeep.run.RunEnds.Ending;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A user of 200,000 messages, 10,000 of them in one chat, 100 in another and 20 in each of the rest, so that
/// the planner takes chats for short: whatever is done to the long one reads what the same reads in the short
/// one, in the plan made for its parameters (a host's pool) and in the one made for all (the server's).
class LongChatTest {

    private static final TestDatabase DATABASE = TestDatabase.create();
    private static final UUID USER = DATABASE.newUser();
    private static final UUID NODE = UUID.randomUUID();
    private static final Model MODEL = new Model("m", "test", null, 1_000, (prompt, cancellation, sink) -> {});
    private static final Json PARTS = new Json("[{\"type\":\"text\",\"text\":\"hello\"}]");

    /// The driver prepares on the server at the fifth call.
    private static final int WARM = 5;

    private static final String SIZES = """
            (
                select 'c' || i as chat, 20 as messages from generate_series(1, 9500) i
                union all values ('long', 10000), ('short', 100)
            ) size""";

    private static final String PAYMENT = """
            insert into chatkeep.payment (user_id, id, status, chat_id, turn_key, model_id, price, x402_version,
                network, asset, pay_to, amount, payer, transaction, resource, payload, requirements, is_spent,
                reserved_until, created_at, verified_at, settled_at)
            select :user, %s, 'settled', 'c', 'k', 'm', 0.01, 2, 'n', 'a', 'p', 10000, 'w', 't', 'r', '{}', '{}', %s,
                now(), now(), now(), now()
            """;

    /// Every other message has a run, every tenth a payment, and another branch leaves at the fiftieth.
    /// Foreign keys are right by construction; to check each would take longer than all the rest.
    @BeforeAll
    static void fill() {
        Host.jdbc(DATABASE.source()).transaction().executeWithoutResult(status -> {
            run("set local session_replication_role = replica");
            run("""
                    insert into chatkeep.chat
                        (user_id, id, created_at, updated_at, title, path, branches, stored_messages)
                    select :user, chat, now(), now(), 't', array[[0, 1, messages]], 2, messages from %s
                    """);
            run("insert into chatkeep.chat_branch select :user, chat, 1, '{{0,1,50},{1,51,51}}' from %s");
            run(PAYMENT.formatted("md5(chat || ' ' || i)::uuid", "true")
                    + "from %s, generate_series(10, messages, 10) i");
            run("""
                    insert into chatkeep.message
                        (user_id, chat_id, branch, pos, id, role, status, parts, payment_id, created_at)
                    select :user, chat, i / 100000, i %% 100000, 'm' || i,
                        case i %% 2 when 1 then 'user' else 'assistant' end, 'complete',
                        '[{"type":"text","text":"hello"}]',
                        case when i %% 10 = 0 then md5(chat || ' ' || i)::uuid end, now()
                    from %s, lateral (select i from generate_series(1, messages) i union all values (100051)) m
                    """);
            run("""
                    insert into chatkeep.run (user_id, chat_id, id, turn_key, branch, pos, message_id, model_id, status,
                        node_id, started_at, finished_at)
                    select :user, chat, gen_random_uuid(), 'send m' || (i - 1), 0, i, 'm' || i, 'm', 'complete',
                        gen_random_uuid(), now(), now()
                    from %s, generate_series(2, messages, 2) i
                    """);
            run("update chatkeep.user_head set active_chats = 9502, messages = 209602 where user_id = :user");
        });
        run("analyze");
    }

    private static void run(String sql) {
        DATABASE.sql()
                .sql(sql.contains("%s") ? sql.formatted(SIZES) : sql)
                .param("user", USER)
                .update();
    }

    record Stores(
            Messages messages, Branches branches, Chats chats, RunBegins begins, RunEnds ends, Runs runs, RunLog log) {

        static Stores on(Database database) {
            InstantSource clock = InstantSource.system();
            return new Stores(
                    new Messages(database, clock),
                    new Branches(database),
                    new Chats(database, clock),
                    new RunBegins(database, clock, NODE, new FreeMessagePolicy(1_000_000, Duration.ofDays(1))),
                    new RunEnds(database, clock),
                    new Runs(database),
                    new RunLog(database));
        }

        void append(String chat, int count) {
            messages.append(
                    USER,
                    chat,
                    IntStream.range(0, count).mapToObj(i -> message()).toList());
        }

        Run begin(String chat, Ask ask) {
            return begin(chat, ask, Charge.free("n"));
        }

        Run begin(String chat, Ask ask, Charge charge) {
            return Turns.begin(begins, turn(chat, ask, charge), Json.EMPTY_OBJECT)
                    .run();
        }

        void end(Run run) {
            ends.end(run, new Ending(Status.COMPLETE, PARTS, null));
        }

        void fail(Run run) {
            ends.end(run, new Ending(Status.FAILED, Json.EMPTY_ARRAY, true, null, "It failed.", null));
        }
    }

    private static Turn turn(String chat, Ask ask, Charge charge) {
        return new Turn(USER, chat, false, ask, MODEL, null, null, charge, null, null);
    }

    private static NewMessage message() {
        return message(Ids.make(), "hello");
    }

    private static NewMessage message(String id, String text) {
        return new NewMessage(
                id, Role.USER, new Json("[{\"type\":\"text\",\"text\":\"" + text + "\"}]"), Json.EMPTY_ARRAY, null);
    }

    private static Ask.Send send() {
        return new Ask.Send(message(), Ask.Parent.TIP);
    }

    private static Ask.Send behind(String parent, NewMessage... unsent) {
        return new Ask.Send(message(), new Ask.Parent.Message(parent), List.of(unsent));
    }

    private static Ask edit(String id, String text) {
        return new Ask.Edit(new Ask.Send(message(id, text), Ask.Parent.TIP));
    }

    static Stream<Arguments> ways() {
        Map<String, BiConsumer<Stores, String>> ways = Map.ofEntries(
                Map.entry("append four", (on, chat) -> on.append(chat, 4)),
                Map.entry("append a hundred", (on, chat) -> on.append(chat, 100)),
                Map.entry(
                        "append what is there",
                        (on, chat) -> on.messages().append(USER, chat, List.of(message("m1", "hello")))),
                Map.entry("turn", (on, chat) -> on.end(on.begin(chat, send()))),
                Map.entry("turn in the middle", (on, chat) -> on.end(on.begin(chat, behind("m40")))),
                Map.entry(
                        "turn asked again",
                        (on, chat) -> on.begin(chat, new Ask.Send(message("m1", "hello"), Ask.Parent.TIP))),
                Map.entry("turn and two that never arrived", (on, chat) -> {
                    Ask.Send ask = new Ask.Send(message(), Ask.Parent.TIP, List.of(message(), message()));
                    on.end(on.begin(chat, ask));
                }),
                Map.entry("turn at the beginning", (on, chat) -> {
                    Ask.Send ask = new Ask.Send(message(), Ask.Parent.ROOT, List.of(message()));
                    on.end(on.begin(chat, ask));
                }),
                Map.entry(
                        "turn behind one of those that never arrived",
                        (on, chat) -> on.end(on.begin(chat, behind("m36", message("m38", "hello"), message())))),
                Map.entry("turn that stops another", (on, chat) -> {
                    Run run = on.begin(chat, send());
                    on.begins().begin(turn(chat, behind(run.messageId()), Charge.free("n")), Json.EMPTY_OBJECT, null);
                    on.end(run);
                    on.end(on.begin(chat, behind(run.messageId())));
                }),
                Map.entry("a question that never arrived, answered anew", (on, chat) -> {
                    Ask.Send last = new Ask.Send(message(), Ask.Parent.TIP);
                    on.end(on.begin(
                            chat, new Ask.Regenerate(null, last.message().id(), last)));
                }),
                Map.entry("edit", (on, chat) -> on.end(on.begin(chat, edit("m41", Ids.make())))),
                Map.entry("edit to the same", (on, chat) -> on.begin(chat, edit("m43", "hello"))),
                Map.entry("regenerate", (on, chat) -> on.end(on.begin(chat, new Ask.Regenerate(null, "m45", null)))),
                Map.entry("failed", (on, chat) -> on.fail(on.begin(chat, send()))),
                Map.entry("paid and failed", (on, chat) -> {
                    run(PAYMENT.formatted("gen_random_uuid()", "false"));
                    on.fail(on.begin(chat, send(), new Charge(true, new BigDecimal("0.01"), "n")));
                }),
                Map.entry("taken over and completed", (on, chat) -> {
                    Run run = on.begin(chat, send());
                    on.ends().takeOver(run, Status.INTERRUPTED);
                    on.ends().complete(run, new Ending(Status.COMPLETE, PARTS, null));
                }),
                Map.entry("written and read", (on, chat) -> {
                    Run run = on.begin(chat, send());
                    on.log().append(List.of(new RunLog.Batch(run, 1, "{}")));
                    on.log().progress(Map.of(run, 0));
                    on.log().behind(run, 0);
                    on.runs().active(USER, chat);
                    on.runs().requestStop(run);
                    on.end(run);
                }),
                Map.entry("delete a branch", (on, chat) -> {
                    Run run = on.begin(chat, new Ask.Regenerate(null, "m47", null));
                    on.end(run);
                    on.branches().show(USER, chat, 0);
                    on.branches().delete(USER, chat, run.branch());
                }),
                Map.entry("delete a message", (on, chat) -> {
                    NewMessage message = message();
                    on.messages().append(USER, chat, List.of(message));
                    on.messages().delete(USER, chat, message.id());
                }),
                Map.entry("look at a message", (on, chat) -> {
                    on.messages().history(USER, chat, History.Page.last(20));
                    on.messages().get(USER, chat, "m30");
                    on.branches().siblings(USER, chat, "m100051");
                }),
                Map.entry("change the chat", (on, chat) -> {
                    on.chats().findOrCreate(USER, chat, new ChatPatch(null, null, null, null, null));
                    on.chats().retitle(USER, chat, "t");
                    on.chats().delete(USER, chat);
                    on.chats().restore(USER, chat);
                }));
        return Stream.of("auto", "force_generic_plan")
                .flatMap(mode -> ways.entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .map(way -> Arguments.of(way.getKey(), mode, way.getValue())));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("ways")
    void aLongChatReadsWhatAShortOneReads(String way, String planCacheMode, BiConsumer<Stores, String> work)
            throws SQLException {
        try (ExplainedDatabase explained = new ExplainedDatabase(DATABASE, planCacheMode)) {
            List<Plan> shortChat = plans(explained, work, "short");
            List<Plan> longChat = plans(explained, work, "long");

            assertThat(longChat).isNotEmpty().hasSameSizeAs(shortChat);
            for (int i = 0; i < longChat.size(); i++) {
                assertAlike(longChat.get(i), shortChat.get(i));
            }
        }
    }

    private static List<Plan> plans(ExplainedDatabase explained, BiConsumer<Stores, String> work, String chat) {
        Stores stores = Stores.on(explained.database());
        for (int i = 0; i < WARM; i++) {
            work.accept(stores, chat);
        }
        // Old versions of the rows that every way updates would be read as well, however many there happen to be.
        DATABASE.sql().sql("vacuum chatkeep.chat, chatkeep.user_head").update();
        return explained.plansOf(() -> work.accept(stores, chat));
    }

    private static void assertAlike(Plan longChat, Plan shortChat) {
        assertThat(longChat.sql()).isEqualTo(shortChat.sql());
        assertThat(longChat.mostRows()).as(longChat.text()).isLessThanOrEqualTo(shortChat.mostRows() * 3 / 2 + 20);
        assertThat(longChat.buffers()).as(longChat.text()).isLessThanOrEqualTo(shortChat.buffers() * 3 / 2 + 20);
    }
}
