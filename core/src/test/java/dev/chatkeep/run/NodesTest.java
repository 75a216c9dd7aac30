package dev.chatkeep.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.chatkeep.TestDatabase;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Json;
import dev.chatkeep.message.Message;
import dev.chatkeep.message.Messages;
import dev.chatkeep.message.Status;
import dev.chatkeep.payment.FreeMessagePolicy;
import dev.chatkeep.run.RunEnds.Ending;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// Node A writes an answer; node B watches. The tests mostly wait, each on a database of its own.
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class NodesTest {

    private static final Duration LEASE = Duration.ofSeconds(2);

    /// B looks at the others first when it beats for the second time.
    private static final Duration FIRST_LOOK = Duration.ofMillis(950);

    private static final Json PARTS = new Json("[{\"type\": \"text\", \"text\": \"late\"}]");

    private final TestDatabase database = TestDatabase.create();
    private final UUID a = UUID.randomUUID();
    private final RunEnds endsOfA = new RunEnds(database.database(), InstantSource.system());
    private final UUID user = database.newUser();
    private final Run run = Turns.begin(begins(a), Turns.of(user, "c", "q", "hello"), Json.EMPTY_OBJECT)
            .run();

    private RunBegins begins(UUID node) {
        return new RunBegins(database.database(), InstantSource.system(), node, FreeMessagePolicy.UNLIMITED);
    }

    private Nodes node(UUID id, boolean alone) {
        Database own = database.database();
        return new Nodes(
                own,
                new Runs(own),
                new RunEnds(own, InstantSource.system()),
                id,
                run -> true,
                others -> {},
                LEASE,
                alone);
    }

    private void beatOfA() {
        database.sql().sql("""
                        insert into chatkeep.node (id, beat) values (:a, 7)
                        on conflict (id) do update set beat = node.beat + 1
                        """).param("a", a).update();
    }

    private Message answer() {
        return new Messages(database.database(), InstantSource.system())
                .at(user, "c", run.branch(), run.pos())
                .orElseThrow();
    }

    private String runStatus() {
        return database.sql()
                .sql("select status from chatkeep.run where user_id = :user")
                .param("user", user)
                .query(String.class)
                .single();
    }

    private long nodes(UUID id) {
        return database.sql()
                .sql("select count(*) from chatkeep.node where id = :id")
                .param("id", id)
                .query(Long.class)
                .single();
    }

    private void awaitTakeOver() {
        await().atMost(Duration.ofSeconds(15)).until(() -> runStatus().equals("interrupted"));
        assertThat(answer().status()).isEqualTo(Status.INTERRUPTED);
    }

    private void assertAIsFenced() {
        assertThat(endsOfA.end(run, new Ending(Status.COMPLETE, PARTS, Json.EMPTY_OBJECT)))
                .isFalse();
        assertThat(answer().status()).isEqualTo(Status.INTERRUPTED);
        assertThat(answer().parts()).isEqualTo(Json.EMPTY_ARRAY);
    }

    @Test
    void theAnswerOfANodeThatStoppedBeatingIsInterruptedAfterTheLeaseAndItsWriterFencedOff() {
        beatOfA();
        long began = System.nanoTime();
        try (Nodes b = node(UUID.randomUUID(), false)) {
            assertThat(b).isNotNull();
            awaitTakeOver();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(FIRST_LOOK.plus(LEASE));
            assertAIsFenced();
            await().atMost(Duration.ofSeconds(5)).until(() -> nodes(a) == 0);
        }
    }

    @Test
    void theAnswerOfANodeThatBeatsIsLeftAlone() throws InterruptedException {
        UUID idOfB = UUID.randomUUID();
        try (Nodes heartOfA = node(a, false);
                Nodes b = node(idOfB, false)) {
            assertThat(heartOfA).isNotSameAs(b);
            Thread.sleep(LEASE.multipliedBy(3));
            assertThat(runStatus()).isEqualTo("streaming");
            assertThat(endsOfA.end(run, new Ending(Status.COMPLETE, PARTS, Json.EMPTY_OBJECT)))
                    .isTrue();
        }
        assertThat(nodes(a) + nodes(idOfB)).as("both signed off").isZero();
        assertThat(answer().status()).isEqualTo(Status.COMPLETE);
    }

    @Test
    void anAnswerWhoseNodeIsNotEvenListedIsTakenOverAfterTheLease() {
        long began = System.nanoTime();
        try (Nodes b = node(UUID.randomUUID(), false)) {
            assertThat(b).isNotNull();
            awaitTakeOver();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(FIRST_LOOK.plus(LEASE));
            assertAIsFenced();
        }
    }

    @Test
    void aNodeThatIsAloneTakesEverythingOverAtOnce() {
        beatOfA();
        try (Nodes b = node(UUID.randomUUID(), true)) {
            assertThat(b).isNotNull();
            assertThat(runStatus()).isEqualTo("interrupted");
            assertThat(nodes(a)).isZero();
            assertAIsFenced();
        }
    }

    @Test
    void aNodeNeverTakesItsOwnAnswersOver() throws InterruptedException {
        try (Nodes heartOfA = node(a, true)) {
            assertThat(heartOfA).isNotNull();
            Thread.sleep(LEASE.plusSeconds(2));
            assertThat(runStatus()).isEqualTo("streaming");
        }
    }

    /// While no node can write its beat, none has missed one: a lease counts only time in which the database
    /// could be reached throughout.
    @Test
    void aDatabaseThatStoodStillLongerThanTheLeaseIsNobodysDeath() throws SQLException, InterruptedException {
        beatOfA();
        try (Nodes b = node(UUID.randomUUID(), false)) {
            assertThat(b).isNotNull();
            for (int i = 0; i < 3; i++) {
                beatOfA();
                Thread.sleep(1_100); // B has seen this beat
            }
            try (Connection connection = database.source().getConnection();
                    var statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.execute("lock table chatkeep.node in exclusive mode");
                Thread.sleep(LEASE.plusSeconds(2));
                connection.rollback();
            }
            for (int i = 0; i < 8; i++) {
                Thread.sleep(500);
                beatOfA();
            }
            assertThat(runStatus()).isEqualTo("streaming");
        }
    }
}
