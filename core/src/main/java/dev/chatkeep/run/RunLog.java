package dev.chatkeep.run;

import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import dev.chatkeep.message.Status;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The events of running answers in the database, in batches: what a node that dies leaves of them, and what
/// other nodes read. They live for half an hour, in a ring of four slots of ten minutes, and go by emptying the
/// oldest one whole; the message has all of it by then.
final class RunLog {

    private static final int SLOTS = 4;
    private static final int SLOT_SECONDS = 600;

    /// Of the time that the transaction began.
    static final String SLOT = slot("now()");

    private static final int ROWS = 200;

    /// What is read of one run at once, about. A longer row, which no writer of this version makes, is not
    /// read.
    private static final int READ_BYTES = 1 << 20;

    private static final int MAX_ROW_BYTES = 64 << 20;

    /// The rows of run `%1$s.run_id` behind chunk `%2$s`, up to [#ROWS] and [#READ_BYTES].
    private static final String BEHIND = """
            select last, lines, bytes, at
            from (
                select last, lines, at, octet_length(lines) as bytes,
                    sum(octet_length(lines)) over (order by last) - octet_length(lines) as bytes_before
                from (
                    select last, lines, at
                    from chatkeep.run_event e
                    where e.user_id = %s and e.run_id = %s and e.last > %s
                    order by last
                    limit %d
                ) page
                where octet_length(lines) <= %d
            ) sized
            where bytes_before < %d""";

    private final Database database;

    RunLog(Database database) {
        this.database = database;
    }

    private static String slot(String time) {
        return "(extract(epoch from %s)::bigint / %d %% %d)::smallint".formatted(time, SLOT_SECONDS, SLOTS);
    }

    /// A run's chunks up to number `last`, one a line.
    record Batch(Run run, int last, String lines) {}

    /// Writes batches of any number of runs in one statement, of those that are still their writer's.
    ///
    /// @return the runs that are not: another node took them over, or they are gone
    Set<UUID> append(List<Batch> batches) {
        var fenced =
                new HashSet<>(batches.stream().map(batch -> batch.run().id()).toList());
        fenced.removeAll(database.sql("""
                with b as (
                    select *
                    from unnest(:users::uuid[], :chats::text[], :runs::uuid[], :epochs::int[], :lasts::int[],
                        :lines::text[]) as b (user_id, chat_id, run_id, epoch, last, lines)
                ), mine as (
                    select b.user_id, b.run_id, b.last, b.lines
                    from b
                    join chatkeep.run r on r.user_id = b.user_id and r.chat_id = b.chat_id and r.id = b.run_id
                        and r.epoch = b.epoch and r.status = 'streaming'
                ), written as (
                    insert into chatkeep.run_event (user_id, run_id, last, slot, lines, at)
                    select user_id, run_id, last, %s, lines, now()
                    from mine
                    on conflict do nothing
                )
                select run_id from mine
                """.formatted(SLOT))
                .param("users", array(batches, Run::userId, UUID[]::new))
                .param("chats", array(batches, Run::chatId, String[]::new))
                .param("runs", array(batches, Run::id, UUID[]::new))
                .param("epochs", array(batches, Run::epoch, Integer[]::new))
                .param("lasts", batches.stream().map(Batch::last).toArray(Integer[]::new))
                .param("lines", batches.stream().map(Batch::lines).toArray(String[]::new))
                .query(UUID.class)
                .list());
        return fenced;
    }

    private static <T> T[] array(List<Batch> batches, Function<Run, T> of, IntFunction<T[]> generator) {
        return batches.stream().map(batch -> of.apply(batch.run())).toArray(generator);
    }

    /// Chunks of a run behind number `after`, in order: a part of them when there are many.
    List<byte[]> behind(Run run, int after) {
        return page(run, after).chunks();
    }

    /// A part of what was said in a run.
    ///
    /// @param until when the last of it was written; null when there is nothing
    private record Page(List<byte[]> chunks, @Nullable Instant until) {}

    private Page page(Run run, int after) {
        return database.sql(
                        BEHIND.formatted(":user", ":run", ":after", ROWS, MAX_ROW_BYTES, READ_BYTES) + " order by last")
                .param("user", run.userId())
                .param("run", run.id())
                .param("after", after)
                .query(row -> {
                    var rests = new ArrayList<Rest>();
                    Instant until = null;
                    while (row.next()) {
                        rests.add(Rest.read(row));
                        until = Rows.time(row, "at");
                    }
                    return new Page(lines(after, rests), until);
                });
    }

    /// All that was said in a run, chunk by chunk and a part at a time: it may be more than the memory holds.
    ///
    /// @param reader takes a chunk, and says whether it takes more
    /// @return when the last of it was written; null when nothing was
    @Nullable
    Instant read(Run run, Predicate<byte[]> reader) {
        Instant until = null;
        int known = 0;
        Page page = page(run, known);
        while (!page.chunks().isEmpty()) {
            until = page.until();
            for (byte[] chunk : page.chunks()) {
                if (!reader.test(chunk)) {
                    return until;
                }
            }
            known += page.chunks().size();
            page = page(run, known);
        }
        return until;
    }

    /// The number of the last chunk of a run; 0 when there is none.
    int last(Run run) {
        return database.sql("""
                select coalesce(max(last), 0) from chatkeep.run_event where user_id = :user and run_id = :run
                """)
                .param("user", run.userId())
                .param("run", run.id())
                .query(Integer.class)
                .single();
    }

    /// How far a run on another node is.
    ///
    /// @param status null when the run is gone
    /// @param chunks those behind what was known
    record Progress(@Nullable Status status, List<byte[]> chunks, boolean isAll) {}

    /// How far these runs are, of all in one statement.
    ///
    /// @param known the runs, and the number of the last chunk of each that is known
    Map<UUID, Progress> progress(Map<Run, Integer> known) {
        var rests = new HashMap<UUID, List<Rest>>();
        var statuses = new HashMap<UUID, Status>();
        Collection<Run> runs = known.keySet();
        database.sql("""
                select f.run_id, r.status, e.last, e.lines, e.bytes
                from unnest(:users::uuid[], :chats::text[], :runs::uuid[], :after::int[])
                    as f (user_id, chat_id, run_id, after)
                left join chatkeep.run r on r.user_id = f.user_id and r.chat_id = f.chat_id and r.id = f.run_id
                left join lateral (%s) e on true
                order by f.run_id, e.last
                """.formatted(
                                BEHIND.formatted("f.user_id", "f.run_id", "f.after", ROWS, MAX_ROW_BYTES, READ_BYTES)))
                .param("users", runs.stream().map(Run::userId).toArray(UUID[]::new))
                .param("chats", runs.stream().map(Run::chatId).toArray(String[]::new))
                .param("runs", runs.stream().map(Run::id).toArray(UUID[]::new))
                .param("after", runs.stream().map(known::get).toArray(Integer[]::new))
                .query(row -> {
                    UUID run = row.getObject("run_id", UUID.class);
                    if (row.getString("status") != null) {
                        statuses.put(run, Status.of(row.getString("status")));
                    }
                    if (row.getString("lines") != null) {
                        rests.computeIfAbsent(run, any -> new ArrayList<>()).add(Rest.read(row));
                    }
                });
        var progress = new HashMap<UUID, Progress>();
        known.forEach((run, after) -> {
            List<Rest> rest = rests.getOrDefault(run.id(), List.of());
            boolean isAll =
                    rest.size() < ROWS && rest.stream().mapToLong(Rest::bytes).sum() < READ_BYTES;
            progress.put(run.id(), new Progress(statuses.get(run.id()), lines(after, rest), isAll));
        });
        return progress;
    }

    private record Rest(int last, String lines, int bytes) {
        private static Rest read(ResultSet row) throws SQLException {
            return new Rest(row.getInt("last"), row.getString("lines"), row.getInt("bytes"));
        }
    }

    /// The chunks behind number `after`, up to the first that is missing; a batch may begin before it.
    private static List<byte[]> lines(int after, List<Rest> rests) {
        var chunks = new ArrayList<byte[]>();
        int known = after;
        for (Rest rest : rests) {
            String[] lines = rest.lines().split("\n");
            int fresh = rest.last() - known;
            if (fresh > lines.length) {
                break;
            }
            Stream.of(lines)
                    .skip(lines.length - fresh)
                    .map(line -> line.getBytes(StandardCharsets.UTF_8))
                    .forEach(chunks::add);
            known = rest.last();
        }
        return chunks;
    }

    /// Empties the slot that is written next, unless it has something of a run that still goes on.
    void empty() {
        int oldest = next("now()");
        if (hasNothing(oldest)) {
            return;
        }
        database.inTransaction(() -> {
            // All who read the log wait behind this: rather not now than for long.
            database.sql("set local lock_timeout = '100ms'").update();
            database.sql("lock table chatkeep.run_event_" + oldest).update();
            // Whoever waited for the lock long enough would empty what is written by then.
            if (next("clock_timestamp()") == oldest && !isNeeded(oldest)) {
                database.sql("truncate chatkeep.run_event_" + oldest).update();
            }
            return oldest;
        });
    }

    private int next(String time) {
        return database.sql("select (%s + 1) %% %d".formatted(slot(time), SLOTS))
                .query(Integer.class)
                .single();
    }

    private boolean hasNothing(int slot) {
        return database.sql("select not exists (select from chatkeep.run_event_" + slot + ")")
                .query(Boolean.class)
                .single();
    }

    private boolean isNeeded(int slot) {
        return database.sql("""
                select exists (
                    select
                    from chatkeep.run r
                    where r.status = 'streaming' and exists (
                        select from chatkeep.run_event_%d e where e.user_id = r.user_id and e.run_id = r.id))
                """.formatted(slot)).query(Boolean.class).single();
    }
}
