package dev.chatkeep.run;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.TestClock;
import dev.chatkeep.TestDatabase;
import dev.chatkeep.db.Json;
import dev.chatkeep.message.Status;
import dev.chatkeep.payment.FreeMessagePolicy;
import dev.chatkeep.run.RunEnds.Ending;
import dev.chatkeep.run.RunLog.Batch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RunLogTest {

    private static final TestDatabase DATABASE = TestDatabase.create();

    private final RunBegins begins =
            new RunBegins(DATABASE.database(), new TestClock(), UUID.randomUUID(), FreeMessagePolicy.UNLIMITED);
    private final RunEnds ends = new RunEnds(DATABASE.database(), new TestClock());
    private final RunLog runLog = new RunLog(DATABASE.database());
    private final UUID user = DATABASE.newUser();

    @BeforeEach
    void forgetOtherRuns() {
        DATABASE.sql().sql("delete from chatkeep.run").update();
        DATABASE.sql().sql("delete from chatkeep.run_event").update();
    }

    private Run begin(String chat) {
        return Turns.begin(begins, Turns.of(user, chat, "q", "Is it so?"), new Json("{}"))
                .run();
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.rangeClosed(from, to).mapToObj(Integer::toString).toList();
    }

    private static Batch batch(Run run, int from, int to) {
        return new Batch(run, to, String.join("\n", numbers(from, to)));
    }

    private List<String> behind(Run run, int after) {
        return texts(runLog.behind(run, after));
    }

    private static List<String> texts(List<byte[]> chunks) {
        return chunks.stream()
                .map(chunk -> new String(chunk, StandardCharsets.UTF_8))
                .toList();
    }

    @Test
    void isReadFromAnyPlaceOfABatchOn() {
        Run run = begin("c");
        runLog.append(List.of(batch(run, 1, 3)));
        runLog.append(List.of(batch(run, 4, 4)));
        runLog.append(List.of(batch(run, 5, 9)));

        for (int after = 0; after <= 9; after++) {
            assertThat(behind(run, after)).isEqualTo(numbers(after + 1, 9));
        }
    }

    @Test
    void keepsOneOfWhatIsWrittenTwice() {
        Run run = begin("c");
        runLog.append(List.of(batch(run, 1, 3)));
        runLog.append(List.of(batch(run, 1, 3)));
        runLog.append(List.of(batch(run, 1, 5)));

        assertThat(behind(run, 0)).isEqualTo(numbers(1, 5));
    }

    @Test
    void isReadUpToWhatIsMissing() {
        Run run = begin("c");
        runLog.append(List.of(batch(run, 1, 3)));
        runLog.append(List.of(batch(run, 5, 9)));

        assertThat(behind(run, 0)).isEqualTo(numbers(1, 3));
        assertThat(behind(run, 3)).isEmpty();
        assertThat(behind(run, 5)).isEqualTo(numbers(6, 9));
    }

    @Test
    void takesTheBatchesOfManyRunsAndRefusesThoseOfOneThatIsNoLongerItsWriters() {
        Run one = begin("one");
        Run two = begin("two");
        Run ended = begin("ended");
        ends.end(ended, new Ending(Status.STOPPED, Json.EMPTY_ARRAY, null));
        Run elsewhere = begin("elsewhere");
        ends.takeOver(elsewhere, Status.INTERRUPTED);

        assertThat(runLog.append(
                        List.of(batch(one, 1, 2), batch(ended, 1, 9), batch(elsewhere, 1, 9), batch(two, 1, 3))))
                .containsExactlyInAnyOrder(ended.id(), elsewhere.id());

        assertThat(behind(one, 0)).isEqualTo(numbers(1, 2));
        assertThat(behind(two, 0)).isEqualTo(numbers(1, 3));
        assertThat(behind(ended, 0)).isEmpty();
    }

    @Test
    void isReadPieceByPieceWhenItIsLong() {
        Run run = begin("long");
        var batches = new ArrayList<Batch>();
        for (int i = 1; i <= 1_000; i++) {
            batches.add(batch(run, i, i));
        }
        runLog.append(batches);

        var read = new ArrayList<String>();
        RunLog.Progress progress;
        do {
            progress = requireNonNull(runLog.progress(Map.of(run, read.size())).get(run.id()));
            read.addAll(texts(progress.chunks()));
        } while (!progress.isAll());

        assertThat(read).isEqualTo(numbers(1, 1_000));
        assertThat(progress.status()).isEqualTo(Status.STREAMING);
        assertThat(behind(run, 0)).hasSizeLessThan(1_000);
    }

    private void writeInEverySlot(UUID run) {
        for (int slot = 0; slot < 4; slot++) {
            DATABASE.sql()
                    .sql("""
                            insert into chatkeep.run_event (user_id, run_id, last, slot, lines, at)
                            values (:user, :run, 1, :slot, 'old', now())
                            """)
                    .param("user", user)
                    .param("run", run)
                    .param("slot", slot)
                    .update();
        }
    }

    private List<Integer> slots() {
        return DATABASE.sql()
                .sql("select slot from chatkeep.run_event order by slot")
                .query((row, n) -> row.getInt("slot"))
                .list();
    }

    @Test
    void emptiesTheOldestSlotAndNoOther() {
        writeInEverySlot(UUID.randomUUID());
        int next = DATABASE.sql()
                .sql("select (%s + 1) %% 4".formatted(RunLog.SLOT))
                .query(Integer.class)
                .single();

        runLog.empty();
        runLog.empty();

        assertThat(slots()).hasSize(3).doesNotContain(next);
    }

    @Test
    void emptiesNothingThatARunNeedsThatGoesOnForLong() {
        Run run = begin("slow");
        writeInEverySlot(run.id());

        runLog.empty();
        assertThat(slots()).hasSize(4);

        ends.takeOver(run, Status.INTERRUPTED);
        runLog.empty();
        assertThat(slots()).hasSize(3);
    }
}
