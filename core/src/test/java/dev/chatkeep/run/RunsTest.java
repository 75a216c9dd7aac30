package dev.chatkeep.run;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.chatkeep.ChatkeepException;
import dev.chatkeep.TestClock;
import dev.chatkeep.TestDatabase;
import dev.chatkeep.chat.ChatFilter;
import dev.chatkeep.chat.Chats;
import dev.chatkeep.db.Json;
import dev.chatkeep.message.Branches;
import dev.chatkeep.message.History;
import dev.chatkeep.message.Message;
import dev.chatkeep.message.Messages;
import dev.chatkeep.message.Status;
import dev.chatkeep.payment.FreeMessagePolicy;
import dev.chatkeep.run.RunEnds.Ending;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;

class RunsTest {

    private static final TestDatabase DATABASE = TestDatabase.create();
    private static final Json PARTS = new Json("[{\"type\": \"text\", \"text\": \"It is.\"}]");
    private static final Json METADATA = new Json("{\"modelId\": \"m\"}");

    private final TestClock clock = new TestClock();
    private final RunBegins begins =
            new RunBegins(DATABASE.database(), clock, UUID.randomUUID(), FreeMessagePolicy.UNLIMITED);
    private final RunEnds ends = new RunEnds(DATABASE.database(), clock);
    private final Chats chats = new Chats(DATABASE.database(), clock);
    private final Branches branches = new Branches(DATABASE.database());
    private final Messages messages = new Messages(DATABASE.database(), InstantSource.system());
    private final UUID user = DATABASE.newUser();

    private final RunLog runLog = new RunLog(DATABASE.database());

    /// A text of these pieces, as its writer leaves it when it dies.
    private void write(Run run, String... pieces) {
        var events = new ArrayList<RunEvent>(List.of(new RunEvent.TextStart("t")));
        for (String piece : pieces) {
            events.add(new RunEvent.TextDelta("t", piece));
        }
        write(run, events.toArray(RunEvent[]::new));
    }

    private void write(Run run, RunEvent... said) {
        ReplyLog log = new ReplyLog(after -> List.of());
        log.append(new RunEvent.Start(run.messageId(), METADATA));
        List.of(said).forEach(log::append);
        ReplyLog.Pending pending = requireNonNull(log.pending());
        assertThat(runLog.append(List.of(new RunLog.Batch(run, pending.last(), pending.lines()))))
                .isEmpty();
    }

    private static Json parts(String text) {
        return new Json("[{\"type\": \"text\", \"text\": \"" + text + "\", \"state\": \"done\"}]");
    }

    private boolean takeOver(Run run) {
        return ends.takeOver(run, Status.INTERRUPTED);
    }

    private RunBegins.Begun begin(String chat, String message) {
        return Turns.begin(begins, Turns.of(user, chat, message, "Is " + message + " so?"), METADATA);
    }

    private List<Message> history(String chat) {
        return messages.history(user, chat, new History.Page(100, 0, false, null))
                .messages();
    }

    /// Everything the database holds of this user.
    private String stored() {
        return DATABASE.sql().sql("""
                        select jsonb_build_object(
                            'chats', (select jsonb_agg(to_jsonb(c) order by id) from chatkeep.chat c where user_id = :user),
                            'messages', (select jsonb_agg(to_jsonb(m) order by chat_id, branch, pos)
                                from chatkeep.message m where user_id = :user),
                            'runs', (select jsonb_agg(to_jsonb(r) order by id) from chatkeep.run r where user_id = :user),
                            'head', (select to_jsonb(h) from chatkeep.user_head h where user_id = :user))::text
                        """).param("user", user).query(String.class).single();
    }

    private long head(String column) {
        return DATABASE.sql()
                .sql("select " + column + " from chatkeep.user_head where user_id = :user")
                .param("user", user)
                .query(Long.class)
                .single();
    }

    private void assertRefused(String code, String chat, String message) {
        String before = stored();
        assertThatExceptionOfType(ChatkeepException.class)
                .isThrownBy(() -> begin(chat, message))
                .satisfies(refused -> assertThat(refused.code()).isEqualTo(code));
        assertThat(stored()).isEqualTo(before);
    }

    @Nested
    class ATurn {

        @Test
        void isOneQuestionOnePlaceForTheAnswerOneRunAndCounters() {
            RunBegins.Begun begun = begin("c", "q1");
            assertThat(begun.isNew()).isTrue();
            assertThat(history("c"))
                    .hasSize(2)
                    .satisfiesExactly(
                            question -> {
                                assertThat(question.id()).isEqualTo("q1");
                                assertThat(question.status()).isEqualTo(Status.COMPLETE);
                                assertThat(question.parts().text()).contains("Is q1 so?");
                            },
                            answer -> {
                                assertThat(answer.id()).isEqualTo(begun.run().messageId());
                                assertThat(answer.status()).isEqualTo(Status.STREAMING);
                                assertThat(answer.metadata()).isEqualTo(METADATA);
                            });
            assertThat(begun.run().pos()).isEqualTo(2);
            assertThat(head("active_chats")).isEqualTo(1);
            assertThat(head("messages")).isEqualTo(2);
            assertThat(head("change_seq")).isEqualTo(1);
            assertThat(chats.list(user, ChatFilter.NONE, 10, null, 0).chats())
                    .singleElement()
                    .satisfies(chat -> {
                        assertThat(chat.title()).isEqualTo("Is q1 so?");
                        assertThat(chat.modelId()).isEqualTo("m");
                        assertThat(chat.updatedAt()).isEqualTo(begun.run().startedAt());
                    });
        }

        @Test
        void afterAnotherContinuesTheChatAndKeepsItsTitle() {
            ends.end(begin("c", "q1").run(), new Ending(Status.COMPLETE, PARTS, METADATA));
            clock.pass(Duration.ofSeconds(5));
            RunBegins.Begun second = begin("c", "q2");
            assertThat(second.run().pos()).isEqualTo(4);
            assertThat(history("c"))
                    .extracting(Message::id)
                    .startsWith("q1")
                    .contains("q2")
                    .hasSize(4);
            assertThat(head("active_chats")).isEqualTo(1);
            assertThat(head("messages")).isEqualTo(4);
            assertThat(chats.list(user, ChatFilter.NONE, 10, null, 0).chats())
                    .singleElement()
                    .satisfies(chat -> {
                        assertThat(chat.title()).isEqualTo("Is q1 so?");
                        assertThat(chat.updatedAt()).isEqualTo(second.run().startedAt());
                    });
        }

        @Test
        void askedAgainFindsItsRunAndChangesNothing() {
            Run run = begin("c", "q1").run();
            String before = stored();
            clock.pass(Duration.ofSeconds(5));
            assertThat(begin("c", "q1")).satisfies(again -> {
                assertThat(again.run()).isEqualTo(run);
                assertThat(again.isNew()).isFalse();
            });
            assertThat(stored()).isEqualTo(before);
            ends.end(run, new Ending(Status.COMPLETE, PARTS, METADATA));
            before = stored();
            RunBegins.Begun ended = begin("c", "q1");
            assertThat(ended.isNew()).isFalse();
            assertThat(ended.run().id()).isEqualTo(run.id());
            assertThat(ended.run().status()).isEqualTo(Status.COMPLETE);
            assertThat(stored()).isEqualTo(before);
        }

        @Test
        void ofTheSameIdWithOtherWordsIsRefused() {
            Run run = begin("c", "q1").run();
            ends.end(run, new Ending(Status.COMPLETE, PARTS, METADATA));
            String before = stored();
            assertThatExceptionOfType(ChatkeepException.Conflict.class)
                    .isThrownBy(() -> begins.begin(Turns.of(user, "c", "q1", "Other words."), METADATA, null))
                    .satisfies(refused -> assertThat(refused.code()).isEqualTo("message_id_taken"));
            assertThat(stored()).isEqualTo(before);
        }

        @Test
        void withTheIdOfAnAnswerIsRefused() {
            Run run = begin("c", "q1").run();
            ends.end(run, new Ending(Status.COMPLETE, PARTS, METADATA));
            assertRefused("message_id_taken", "c", run.messageId());
        }

        @Test
        void inABusyChatIsRefusedAndInAnotherChatIsNot() {
            begin("c", "q1");
            assertRefused("run_active", "c", "q2");
            assertThat(begin("d", "q1").isNew()).isTrue();
        }

        @Test
        void inTheTrashIsRefusedAndTheChatStaysAsItWas() {
            ends.end(begin("c", "q1").run(), new Ending(Status.COMPLETE, PARTS, METADATA));
            chats.delete(user, "c");
            clock.pass(Duration.ofSeconds(5));
            assertRefused("chat_deleted", "c", "q2");
            assertRefused("chat_deleted", "c", "q1");
        }

        @Test
        void thatTheDatabaseRefusesLeavesNoChat() {
            String before = stored();
            String constraint = "alter table chatkeep.message %s constraint message_refused";
            DATABASE.sql()
                    .sql(constraint.formatted("add") + " check (id <> 'refused')")
                    .update();
            assertThatThrownBy(() -> begin("c", "refused")).isInstanceOf(DataAccessException.class);
            DATABASE.sql().sql(constraint.formatted("drop")).update();
            assertThat(stored()).isEqualTo(before).contains("\"chats\": null");
        }

        @Test
        void ofOneUserNeverMeetsAnotherUsersChatOfThatId() {
            begin("c", "q1");
            String before = stored();
            UUID other = DATABASE.newUser();
            assertThat(Turns.begin(begins, Turns.of(other, "c", "q1", "Other words."), METADATA)
                            .isNew())
                    .isTrue();
            assertThat(stored()).isEqualTo(before);
        }

        @Test
        void sentManyTimesAtOnceIsOneTurn() throws InterruptedException, ExecutionException {
            List<Callable<RunBegins.Begun>> sends = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                sends.add(() -> begin("c", "q1"));
            }
            int made = 0;
            try (var senders = Executors.newVirtualThreadPerTaskExecutor()) {
                for (var sent : senders.invokeAll(sends)) {
                    made += sent.get().isNew() ? 1 : 0;
                }
            }
            assertThat(made).isEqualTo(1);
            assertThat(history("c")).hasSize(2);
            assertThat(head("messages")).isEqualTo(2);
            assertThat(head("change_seq")).isEqualTo(1);
        }
    }

    @Nested
    class AnEnd {

        @Test
        void storesTheAnswerAndTouchesTheChat() {
            Run run = begin("c", "q1").run();
            clock.pass(Duration.ofSeconds(5));
            Json metadata = new Json("{\"finishReason\": \"stop\"}");
            assertThat(ends.end(run, new Ending(Status.COMPLETE, PARTS, metadata)))
                    .isTrue();
            assertThat(history("c").getLast()).satisfies(answer -> {
                assertThat(answer.status()).isEqualTo(Status.COMPLETE);
                assertThat(answer.parts().tree()).isEqualTo(PARTS.tree());
                assertThat(answer.metadata()).isEqualTo(metadata);
            });
            assertThat(head("change_seq")).isEqualTo(2);
            assertThat(head("messages")).isEqualTo(2);
            assertThat(chats.list(user, ChatFilter.NONE, 1, null, 0)
                            .chats()
                            .getFirst()
                            .updatedAt())
                    .isEqualTo(run.startedAt().plusSeconds(5));
        }

        @Test
        void comesOnceAndASecondOneChangesNothing() {
            Run run = begin("c", "q1").run();
            ends.end(run, new Ending(Status.STOPPED, PARTS, METADATA));
            String before = stored();
            clock.pass(Duration.ofSeconds(5));
            assertThat(ends.end(run, new Ending(Status.COMPLETE, Json.EMPTY_ARRAY, METADATA)))
                    .isFalse();
            assertThat(takeOver(run)).isFalse();
            assertThat(stored()).isEqualTo(before);
        }

        @Test
        void byAWriterOfAnotherEpochIsRefused() {
            Run run = begin("c", "q1").run();
            DATABASE.sql()
                    .sql("update chatkeep.run set epoch = 2 where user_id = :user")
                    .param("user", user)
                    .update();
            String before = stored();
            assertThat(ends.end(run, new Ending(Status.COMPLETE, PARTS, METADATA)))
                    .isFalse();
            assertThat(stored()).isEqualTo(before);
        }

        @Test
        void ofARunThatWasTakenOverIsRefusedAndWhatTheMessageHeldStays() {
            Run run = begin("c", "q1").run();
            write(run, "It", " i");
            assertThat(takeOver(run)).isTrue();
            String before = stored();
            assertThat(ends.end(run, new Ending(Status.COMPLETE, Json.EMPTY_ARRAY, METADATA)))
                    .isFalse();
            assertThat(stored()).isEqualTo(before);
            assertThat(history("c").getLast()).satisfies(answer -> {
                assertThat(answer.status()).isEqualTo(Status.INTERRUPTED);
                assertThat(answer.parts().tree()).isEqualTo(parts("It i").tree());
                assertThat(requireNonNull(answer.metadata())
                                .tree()
                                .path("modelId")
                                .stringValue())
                        .isEqualTo("m");
                assertThat(requireNonNull(answer.metadata())
                                .tree()
                                .path("streamDuration")
                                .isIntegralNumber())
                        .isTrue();
            });
            assertThat(begin("c", "q2").isNew()).as("the chat is free again").isTrue();
        }

        @Test
        void ofAWriterThatWasOnlySlowCompletesWhatWasTakenOver() {
            Run run = begin("c", "q1").run();
            write(run, "It");
            takeOver(run);

            Ending ending = new Ending(Status.COMPLETE, parts("It is."), METADATA);
            assertThat(ends.end(run, ending)).isFalse();
            assertThat(ends.complete(run, ending)).isTrue();

            assertThat(history("c").getLast()).satisfies(answer -> {
                assertThat(answer.status()).isEqualTo(Status.COMPLETE);
                assertThat(answer.parts().tree()).isEqualTo(parts("It is.").tree());
            });
            String before = stored();
            assertThat(ends.complete(run, ending)).as("and again").isTrue();
            assertThat(stored()).isEqualTo(before);
        }

        @Test
        void ofAWriterThatWasSlowIsKeptBesideOtherWordsAndBesideWhatSomethingFollows() {
            Ending ending = new Ending(Status.COMPLETE, parts("It is."), METADATA);
            Run other = begin("other", "q1").run();
            write(other, "No");
            takeOver(other);
            Run followed = begin("followed", "q1").run();
            write(followed, "It");
            takeOver(followed);
            begin("followed", "q2");
            List<Message> shown = history("followed");
            long messagesBefore = head("messages");

            assertThat(ends.complete(other, ending)).isTrue();
            assertThat(ends.complete(followed, ending)).isTrue();

            assertThat(history("other").getLast().parts().tree())
                    .isEqualTo(parts("No").tree());
            assertThat(history("followed")).isEqualTo(shown);
            assertThat(branches.siblings(user, "followed", followed.messageId()))
                    .extracting(sibling -> sibling.message().parts().tree(), Branches.Sibling::isShown)
                    .containsExactly(
                            tuple(parts("It").tree(), true),
                            tuple(parts("It is.").tree(), false));
            assertThat(head("messages")).isEqualTo(messagesBefore + 2);
            assertThat(ends.complete(other, ending)).as("once").isFalse();
        }

        @Test
        void ofAWriterThatWasSlowChangesNothingOfWhatWasStopped() {
            Run run = begin("c", "q1").run();
            write(run, "It");
            ends.takeOver(run, Status.STOPPED);
            String before = stored();
            assertThat(ends.complete(run, new Ending(Status.COMPLETE, parts("It is."), METADATA)))
                    .isFalse();
            assertThat(stored()).isEqualTo(before);
        }

        @Test
        void ofADeadWriterEndsEveryPartThatWasOpen() {
            Run run = begin("c", "q1").run();
            write(
                    run,
                    new RunEvent.StartStep(),
                    new RunEvent.ReasoningStart("r"),
                    new RunEvent.ReasoningDelta("r", "hm"),
                    new RunEvent.ToolInputStart("t", "sum"),
                    new RunEvent.ToolInputDelta("t", "{\"a\":"));

            takeOver(run);

            assertThat(history("c").getLast().parts().tree()).isEqualTo(new Json("""
                            [{"type":"step-start"},
                             {"type":"reasoning","id":"r","text":"hm","state":"done"},
                             {"type":"dynamic-tool","toolName":"sum","toolCallId":"t","state":"output-error",
                              "errorText":"The answer ended here.","input":{}}]""").tree());
            assertThat(runLog.behind(run, 0)).as("readers elsewhere are told").hasSize(8);
        }

        @Test
        void ofADeadWriterKeepsTheBeginningOfWhatIsPartlyUnreadable() {
            Run run = begin("c", "q1").run();
            write(run, "It ", "is");
            runLog.append(List.of(new RunLog.Batch(run, 6, "{\"type\":\"of-another-version\"}\n{")));

            assertThat(takeOver(run)).isTrue();

            assertThat(history("c").getLast().status()).isEqualTo(Status.INTERRUPTED);
            assertThat(history("c").getLast().parts().tree())
                    .isEqualTo(parts("It is").tree());
        }

        @Test
        void ofADeadWriterIsEmptyWhenNobodyCouldFoldIt() {
            Run run = begin("c", "q1").run();
            write(run, "It ", "is");
            DATABASE.sql().sql("update chatkeep.run set take_overs = 3").update();

            assertThat(takeOver(run)).isTrue();

            assertThat(history("c").getLast().status()).isEqualTo(Status.INTERRUPTED);
            assertThat(history("c").getLast().parts().tree()).isEmpty();
            begin("c", "q2");
        }

        @Test
        void ofADeadWriterIsKeptAsFarAsAnAnswerMayGo() {
            RunEnds narrow = new RunEnds(DATABASE.database(), InstantSource.system(), 64 << 10);
            Run run = begin("c", "q1").run();
            write(run, Collections.nCopies(20, "blah ".repeat(2_000)).toArray(String[]::new));

            assertThat(narrow.takeOver(run, Status.INTERRUPTED)).isTrue();

            assertThat(history("c").getLast().parts().text().length()).isBetween(60 << 10, 80 << 10);
        }

        @Test
        void ofAChatThatIsGoneForGoodIsRefused() {
            Run run = begin("c", "q1").run();
            DATABASE.sql()
                    .sql("delete from chatkeep.chat where user_id = :user")
                    .param("user", user)
                    .update();
            String before = stored();
            assertThat(ends.end(run, new Ending(Status.COMPLETE, PARTS, METADATA)))
                    .isFalse();
            assertThat(stored()).isEqualTo(before);
        }

        @Test
        void inTheTrashIsStoredAndLeavesTheTimeOfTheLastChange() {
            Run run = begin("c", "q1").run();
            clock.pass(Duration.ofSeconds(5));
            chats.delete(user, "c");
            clock.pass(Duration.ofSeconds(5));
            assertThat(ends.end(run, new Ending(Status.COMPLETE, PARTS, METADATA)))
                    .isTrue();
            assertThat(head("messages")).isZero();
            assertThat(head("change_seq")).isEqualTo(3);
            assertThat(chats.restore(user, "c").updatedAt()).isEqualTo(run.startedAt());
            assertThat(history("c").getLast().parts().tree()).isEqualTo(PARTS.tree());
            assertThat(head("messages")).isEqualTo(2);
        }

        @Test
        void ofOneRunEndsNoOther() {
            Run run = begin("c", "q1").run();
            Run other = begin("d", "q1").run();
            ends.end(run, new Ending(Status.COMPLETE, PARTS, METADATA));
            assertThat(history("d").getLast().status()).isEqualTo(Status.STREAMING);
            assertThat(ends.end(other, new Ending(Status.COMPLETE, PARTS, METADATA)))
                    .isTrue();
        }
    }
}
