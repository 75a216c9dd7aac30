package dev.chatkeep.run;

import dev.chatkeep.db.SqlErrors;
import dev.chatkeep.deadline.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes what all answers of this node say to the database while they say it: one thread, one statement a tick
/// for all of them, however many they are. A token costs no statement, and what is lost with a node is what it
/// said since the last tick.
final class RunWriter implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RunWriter.class);
    private static final Duration SHORTEST_TICK = Duration.ofMillis(50);
    private static final Duration LONGEST_TICK = Duration.ofMillis(250);
    private static final Duration IDLE_TICK = Duration.ofSeconds(10);
    private static final Duration AWAY_TICK = Duration.ofSeconds(1);

    /// What is written in one statement, about; a single answer's batch is smaller.
    private static final long MAX_BYTES = 4 << 20;

    /// The writer may use about this share of the time of one connection.
    private static final int REST = 4;

    private final RunLog runLog;
    private final RunSignals signals;
    private final Supplier<Collection<Reply>> replies;
    private final Consumer<Reply> onFenced;
    private final Loop loop;
    private int turn;

    /// @param onFenced an answer that is no longer this node's to write
    RunWriter(RunLog runLog, RunSignals signals, Supplier<Collection<Reply>> replies, Consumer<Reply> onFenced) {
        this.onFenced = onFenced;
        this.runLog = runLog;
        this.signals = signals;
        this.replies = replies;
        this.loop = Loop.start("run-writer", Duration.ZERO, this::tick);
    }

    /// There is an answer to write.
    void wake() {
        loop.wake();
    }

    /// An answer, and what of it is to be written now. Held until it is.
    private record Held(Reply reply, RunLog.Batch batch) {
        Run run() {
            return batch.run();
        }
    }

    /// Writes what there is, and says how long to rest.
    private Duration tick() {
        if (replies.get().isEmpty()) {
            return IDLE_TICK;
        }
        long begun = System.nanoTime();
        var held = new ArrayList<Held>();
        boolean isMore;
        try {
            isMore = hold(held);
            if (!held.isEmpty()) {
                write(held);
                signals.more(held.stream().map(each -> each.run().id()).toList());
            }
        } catch (RuntimeException failure) {
            LOG.warn("answers could not be written while they are said; trying again: {}", failure.getMessage());
            return AWAY_TICK;
        } finally {
            held.forEach(each -> each.reply().releaseLog());
        }
        if (isMore) {
            return Duration.ZERO;
        }
        Duration rest = Duration.ofNanos(System.nanoTime() - begun).multipliedBy(REST);
        return rest.compareTo(SHORTEST_TICK) < 0
                ? SHORTEST_TICK
                : rest.compareTo(LONGEST_TICK) > 0 ? LONGEST_TICK : rest;
    }

    /// Takes from each answer in turn, beginning with another one each time, until there is enough for one
    /// statement.
    ///
    /// @return whether there is more
    private boolean hold(List<Held> held) {
        List<Reply> all = List.copyOf(replies.get());
        int first = turn++;
        long bytes = 0;
        boolean isMore = false;
        for (int i = 0; i < all.size() && bytes < MAX_BYTES; i++) {
            Reply reply = all.get(Math.floorMod(first + i, all.size()));
            if (reply.holdLog()) {
                ReplyLog.Pending pending = reply.pending();
                if (pending == null) {
                    reply.releaseLog();
                } else {
                    bytes += pending.bytes();
                    isMore |= !pending.isAll();
                    held.add(new Held(reply, new RunLog.Batch(reply.current(), pending.last(), pending.lines())));
                }
            }
        }
        return isMore || bytes >= MAX_BYTES;
    }

    private void write(List<Held> held) {
        Set<UUID> fenced;
        try {
            fenced = runLog.append(held.stream().map(Held::batch).toList());
        } catch (RuntimeException failure) {
            if (SqlErrors.isUnavailable(failure)) {
                throw failure;
            }
            fenced = writeOneByOne(held);
        }
        for (Held each : held) {
            if (fenced.contains(each.run().id())) {
                each.reply().fence();
                onFenced.accept(each.reply());
            } else if (each.reply().isWritten()) {
                each.reply().written(each.batch().last());
            }
        }
    }

    /// When a statement fails for something in it, only the run that brought it goes on without being written.
    private Set<UUID> writeOneByOne(List<Held> held) {
        var fenced = new HashSet<UUID>();
        for (Held each : held) {
            try {
                fenced.addAll(runLog.append(List.of(each.batch())));
            } catch (RuntimeException failure) {
                if (SqlErrors.isUnavailable(failure)) {
                    throw failure;
                }
                LOG.error(
                        "run {} cannot be written while it is said", each.run().id(), failure);
                each.reply().stopWriting();
            }
        }
        return fenced;
    }

    @Override
    public void close() {
        loop.close();
    }
}
