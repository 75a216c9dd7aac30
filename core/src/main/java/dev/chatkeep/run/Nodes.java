package dev.chatkeep.run;

import dev.chatkeep.db.Database;
import dev.chatkeep.deadline.Loop;
import dev.chatkeep.message.Status;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// That this node is alive, and which others are not. Each node counts its own beat up once a second; one whose
/// counter another has seen stand still for a whole lease, by its own monotonic clock, is dead, and its
/// unfinished answers are marked interrupted. No wall clock takes part.
public final class Nodes implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Nodes.class);
    private static final Duration BEAT = Duration.ofSeconds(1);

    private final Database database;
    private final Runs runs;
    private final RunEnds ends;
    private final UUID self;
    private final Duration lease;
    private final Consumer<Boolean> onOthers;
    private final Predicate<UUID> isBeingWritten;
    private final Map<UUID, Seen> seen = new HashMap<>();
    private Set<UUID> ownerless = Set.of();
    private volatile long lastBeat;
    private long lookedAt = System.nanoTime();
    private final Loop heart;

    private record Seen(long beat, long since) {}

    private record Beat(UUID node, long beat) {}

    /// Starts beating.
    ///
    /// @param isBeingWritten whether this node is writing the run of this id
    /// @param onOthers is told whether there are other nodes
    /// @param alone that no other node can be alive on this database, so that whatever others left is taken
    ///     over at once
    public Nodes(
            Database database,
            Runs runs,
            RunEnds ends,
            UUID self,
            Predicate<UUID> isBeingWritten,
            Consumer<Boolean> onOthers,
            Duration lease,
            boolean alone) {
        this.database = database;
        this.runs = runs;
        this.ends = ends;
        this.self = self;
        this.isBeingWritten = isBeingWritten;
        this.lease = lease;
        this.onOthers = onOthers;
        beat();
        if (alone) {
            others().forEach(other -> bury(other.node()));
        }
        this.heart = Loop.start("node-heartbeat", BEAT, this::live);
    }

    /// Whether this node beats: false when it has not been able to for half a lease, as when the database is
    /// away. The others think it dead at the end of one.
    public boolean isBeating() {
        return System.nanoTime() - lastBeat < lease.dividedBy(2).toNanos();
    }

    @Override
    public void close() {
        heart.close();
        forget(self);
    }

    private Duration live() {
        try {
            beat();
            List<Beat> others = others();
            if (System.nanoTime() - lookedAt > BEAT.plus(lease.dividedBy(4)).toNanos()) {
                // The database, or this process, stood still: so may have the others' beats.
                seen.clear();
            }
            watch(others);
            endOwnerless();
        } catch (RuntimeException away) {
            // Nothing is known about others while the database is away: their leases begin anew.
            seen.clear();
            LOG.warn("the heartbeat could not be written: {}", away.getMessage());
        } catch (Error failure) {
            seen.clear();
            throw failure;
        } finally {
            lookedAt = System.nanoTime();
        }
        return BEAT;
    }

    private void beat() {
        database.sql("""
                insert into chatkeep.node (id, beat) values (:node, 1)
                on conflict (id) do update set beat = node.beat + 1
                """).param("node", self).update();
        lastBeat = System.nanoTime();
    }

    /// The other nodes; one that signed off but left a run behind counts as one that never beats.
    private List<Beat> others() {
        return database.sql("""
                select id, beat
                from chatkeep.node
                where id <> :node
                union all
                select distinct r.node_id, 0
                from chatkeep.run r
                where r.status = 'streaming' and r.node_id <> :node
                    and not exists (select from chatkeep.node n where n.id = r.node_id)
                """)
                .param("node", self)
                .query((row, n) -> new Beat(row.getObject("id", UUID.class), row.getLong("beat")))
                .list();
    }

    private void watch(List<Beat> others) {
        onOthers.accept(!others.isEmpty());
        long now = System.nanoTime();
        seen.keySet().retainAll(others.stream().map(Beat::node).toList());
        for (Beat other : others) {
            Seen last = seen.get(other.node());
            if (last == null || last.beat() != other.beat()) {
                seen.put(other.node(), new Seen(other.beat(), now));
            } else if (now - last.since() > lease.toNanos()) {
                bury(other.node());
            }
        }
    }

    /// Ends runs of this node that nobody here writes, as when the connection broke in the commit that began
    /// one. A run that was only just begun is told from them by looking twice.
    private void endOwnerless() {
        List<Run> suspects = runs.unfinished(self).stream()
                .filter(run -> !isBeingWritten.test(run.id()))
                .toList();
        Set<UUID> before = ownerless;
        suspects.stream().filter(run -> before.contains(run.id())).forEach(this::takeOver);
        ownerless = suspects.stream().map(Run::id).collect(Collectors.toSet());
    }

    /// @return whether it is ended now; one that cannot be stands in nobody's way, and is tried again
    private boolean takeOver(Run run) {
        if (System.nanoTime() - lastBeat > BEAT.toNanos()) {
            // Others would think this one dead while it ends very many; and without the database there is no going on.
            beat();
        }
        try {
            ends.takeOver(run, Status.INTERRUPTED);
            return true;
        } catch (RuntimeException failure) {
            LOG.error("run {} of a node that is gone could not be ended", run.id(), failure);
            return false;
        }
    }

    private void bury(UUID dead) {
        List<Run> left = runs.unfinished(dead);
        long ended = left.stream().filter(this::takeOver).count();
        if (ended == left.size()) {
            forget(dead);
        }
        if (!left.isEmpty()) {
            LOG.warn("node {} is dead; {} unfinished answers of it are marked interrupted", dead, ended);
        }
    }

    private void forget(UUID node) {
        database.sql("delete from chatkeep.node where id = :node")
                .param("node", node)
                .update();
    }
}
