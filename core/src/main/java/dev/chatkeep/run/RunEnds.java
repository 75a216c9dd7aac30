package dev.chatkeep.run;

import dev.chatkeep.chat.Path;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.Rows;
import dev.chatkeep.message.Branches;
import dev.chatkeep.message.Status;
import dev.chatkeep.payment.Debit;
import dev.chatkeep.run.RunLog.Said;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// How a run ends: by its own writer, by another node when the writer is dead, or, when the writer was only
/// thought dead, by both. Each in one transaction that locks the chat first and decides in a second statement.
public final class RunEnds {

    private static final Logger LOG = LoggerFactory.getLogger(RunEnds.class);
    private static final String BROKEN_OFF = "The answer ended here.";

    /// All hangs on `ended`, the run's row if it was this writer's to end.
    private static final String END = """
            with ended as (
                update chatkeep.run
                set status = :status, finished_at = :now, epoch = epoch + 1, network = null
                where user_id = :user and chat_id = :chat and id = :run and epoch = :epoch and status = 'streaming'
                returning branch, pos, paid_with, payment_id, free_until
            ), tail as (
                insert into chatkeep.run_event (user_id, run_id, last, slot, lines, at)
                select :user, :run, :last, %s, :lines, now()
                from ended where :lines::text is not null
                on conflict do nothing
            ), %s, head as (
                update chatkeep.user_head h
                set change_seq = h.change_seq + 1
                from ended
                where h.user_id = :user
                returning h.change_seq
            ), c as (
                update chatkeep.chat
                set change_seq = head.change_seq,
                    updated_at = case when is_deleted then updated_at else :now end
                from head
                where user_id = :user and id = :chat
            ), m as (
                update chatkeep.message m
                set status = :status, parts = :parts::jsonb, metadata = coalesce(:metadata::jsonb, metadata),
                    payment_id = case when credited.id is null then m.payment_id end
                from ended left join credited on true
                where m.user_id = :user and m.chat_id = :chat and m.branch = ended.branch and m.pos = ended.pos
            )
            select count(*) = 1 from ended
            """.formatted(RunLog.SLOT, Debit.END);

    private final Database database;
    private final InstantSource clock;
    private final RunLog runLog;
    private final Branches branches;

    public RunEnds(Database database, InstantSource clock) {
        this.database = database;
        this.branches = new Branches(database);
        this.clock = clock;
        this.runLog = new RunLog(database);
    }

    /// What an answer comes to.
    ///
    /// @param tail what it said and was not written yet, for readers on other nodes
    record Ending(Status status, Json parts, @Nullable Json metadata, ReplyLog.@Nullable Pending tail) {}

    /// Stores the whole answer: its parts, how it ended, and that the chat changed. False when this run is no
    /// longer this writer's to end, or its chat is gone; then nothing was changed.
    boolean end(Run run, Ending ending) {
        return database.inTransaction(() -> {
            lock(run);
            return close(run, ending);
        });
    }

    /// Ends a run whose writer does not: with all that it wrote of the answer, and `status`. The writer, should
    /// it live after all, is fenced off. False when the run had ended.
    boolean takeOver(Run run, Status status) {
        return database.inTransaction(() -> {
            lock(run);
            Said said = runLog.all(run);
            Draft draft = new Draft();
            List<RunEvent> events = fold(run, said, draft);
            var closings = draft.closings(BROKEN_OFF);
            closings.forEach(draft::apply);
            var tail = closings.isEmpty()
                    ? null
                    : new ReplyLog.Pending(
                            said.chunks().size() + closings.size(),
                            String.join(
                                    "\n",
                                    closings.stream().map(RunEvent::toJson).toList()));
            return close(run, new Ending(status, draft.parts(), metadata(run, events, said.until()), tail));
        });
    }

    /// What was said, up to the first chunk that makes no sense here, such as one that a newer server wrote: better
    /// the beginning of an answer than one that is never ended.
    private static List<RunEvent> fold(Run run, Said said, Draft draft) {
        var events = new ArrayList<RunEvent>();
        try {
            for (byte[] chunk : said.chunks()) {
                RunEvent event = RunEvent.of(new String(chunk, StandardCharsets.UTF_8));
                draft.apply(event);
                events.add(event);
            }
        } catch (RuntimeException unreadable) {
            LOG.error("run {} can be read up to chunk {} of what it said", run.id(), events.size(), unreadable);
        }
        return events;
    }

    private boolean close(Run run, Ending ending) {
        ReplyLog.Pending tail = ending.tail();
        return database.sql(END)
                .param("user", run.userId())
                .param("chat", run.chatId())
                .param("run", run.id())
                .param("epoch", run.epoch())
                .param("status", ending.status().word())
                .param("is_silent", isSilent(ending.parts()))
                .param("now", Rows.time(clock.instant()))
                .param("parts", ending.parts().text())
                .param(
                        "metadata",
                        ending.metadata() == null ? null : ending.metadata().text())
                .param("last", tail == null ? 0 : tail.last())
                .param("lines", tail == null ? null : tail.lines())
                .query(Boolean.class)
                .single();
    }

    private void lock(Run run) {
        database.sql("select from chatkeep.chat where user_id = :user and id = :chat for update")
                .param("user", run.userId())
                .param("chat", run.chatId())
                .query((row, n) -> true)
                .list();
    }

    /// Whether nothing was said; a step that only began says nothing.
    private static boolean isSilent(Json parts) {
        return parts.tree().values().stream()
                .allMatch(part -> part.path("type").asString("").equals("step-start"));
    }

    /// What is known of an answer that its writer did not end: how long it took is how long it was heard of.
    private @Nullable Json metadata(Run run, List<RunEvent> events, @Nullable Instant said) {
        Optional<JsonNode> begun = events.stream()
                .filter(RunEvent.Start.class::isInstance)
                .map(event -> ((RunEvent.Start) event).messageMetadata())
                .filter(Objects::nonNull)
                .map(Json::tree)
                .findFirst();
        Instant until = said == null ? run.startedAt() : said;
        return begun.filter(ObjectNode.class::isInstance)
                .map(metadata -> Json.of(Reply.ended(
                        (ObjectNode) metadata,
                        ModelEvent.Usage.NONE,
                        FinishReason.OTHER,
                        Duration.between(run.startedAt(), until))))
                .orElse(null);
    }

    /// Stores an answer whose run is no longer its writer's to end. If another node took it over while the
    /// writer was only slow, and what was stored is the beginning of this, and nothing follows it, it becomes
    /// this; else this is kept beside it, on a branch of its own. One that was stopped, or is gone, stays so;
    /// one that ended as this one, when only the word of it was lost, is stored.
    ///
    /// @return whether the answer is stored now
    boolean complete(Run run, Ending ending) {
        return database.inTransaction(() -> {
            lock(run);
            Optional<Left> left = left(run);
            if (left.isEmpty() || left.get().status() != Status.INTERRUPTED) {
                return left.isPresent() && left.get().status() == ending.status();
            }
            boolean goesOn = isBeginning(
                            left.get().parts().tree(), ending.parts().tree())
                    && !branches.goesOn(run.userId(), run.chatId(), left.get().shown(), run.branch(), run.pos());
            return goesOn ? rewrite(run, ending) : keepAside(run, ending, left.get());
        });
    }

    /// What a take-over left of an answer, in a chat that shows `shown`.
    private record Left(Status status, Json parts, Path shown) {}

    private Optional<Left> left(Run run) {
        return database.sql("""
                select m.status, m.parts, c.path
                from chatkeep.run r
                join chatkeep.message m on m.user_id = :user and m.chat_id = :chat
                    and m.branch = r.branch and m.pos = r.pos
                join chatkeep.chat c on c.user_id = :user and c.id = :chat
                where r.user_id = :user and r.chat_id = :chat and r.id = :run
                    and r.epoch = :epoch + 1
                """)
                .param("user", run.userId())
                .param("chat", run.chatId())
                .param("run", run.id())
                .param("epoch", run.epoch())
                .query((row, n) -> new Left(
                        Status.of(row.getString("status")),
                        new Json(row.getString("parts")),
                        Path.of(Rows.matrix(row, "path"))))
                .optional();
    }

    /// The whole answer under the same id, on a branch that is not shown. The run has ended as it ended.
    private boolean keepAside(Run run, Ending ending, Left left) {
        Path path = branches.pathOf(run.userId(), run.chatId(), left.shown(), run.branch(), run.pos());
        int branch = database.sql("""
                with head as (
                    update chatkeep.user_head h
                    set change_seq = h.change_seq + 1,
                        messages = h.messages + case when chat.is_deleted then 0 else 1 end
                    from chatkeep.chat
                    where h.user_id = :user and chat.user_id = :user and chat.id = :chat
                    returning h.change_seq
                ), c as (
                    update chatkeep.chat
                    set change_seq = head.change_seq, branches = branches + 1, stored_messages = stored_messages + 1
                    from head
                    where user_id = :user and id = :chat
                    returning branches - 1 as branch
                ), fenced as (
                    update chatkeep.run
                    set epoch = epoch + 1
                    where user_id = :user and chat_id = :chat and id = :run
                )
                insert into chatkeep.message (user_id, chat_id, branch, pos, id, role, status, parts,
                    metadata, created_at)
                select :user, :chat, c.branch, :pos, :message, 'assistant', :status, :parts::jsonb,
                    :metadata::jsonb, :started
                from c
                returning branch
                """)
                .param("user", run.userId())
                .param("chat", run.chatId())
                .param("run", run.id())
                .param("pos", run.pos())
                .param("message", run.messageId())
                .param("status", ending.status().word())
                .param("parts", ending.parts().text())
                .param(
                        "metadata",
                        ending.metadata() == null ? null : ending.metadata().text())
                .param("started", Rows.time(run.startedAt()))
                .query(Integer.class)
                .single();
        branches.keep(run.userId(), run.chatId(), path.forked(run.pos(), branch, run.pos()));
        return true;
    }

    private boolean rewrite(Run run, Ending ending) {
        return database.sql("""
                with ended as (
                    update chatkeep.run
                    set status = :status, finished_at = :now
                    where user_id = :user and chat_id = :chat and id = :run
                    returning branch, pos
                ), head as (
                    update chatkeep.user_head h
                    set change_seq = h.change_seq + 1
                    from ended
                    where h.user_id = :user
                    returning h.change_seq
                ), c as (
                    update chatkeep.chat
                    set change_seq = head.change_seq
                    from head
                    where user_id = :user and id = :chat
                )
                update chatkeep.message m
                set status = :status, parts = :parts::jsonb, metadata = coalesce(:metadata::jsonb, metadata)
                from ended
                where m.user_id = :user and m.chat_id = :chat and m.branch = ended.branch and m.pos = ended.pos
                """)
                        .param("user", run.userId())
                        .param("chat", run.chatId())
                        .param("run", run.id())
                        .param("status", ending.status().word())
                        .param("now", Rows.time(clock.instant()))
                        .param("parts", ending.parts().text())
                        .param(
                                "metadata",
                                ending.metadata() == null
                                        ? null
                                        : ending.metadata().text())
                        .update()
                == 1;
    }

    /// Whether `whole` goes on where `part` was broken off: part for part the same, the last one perhaps
    /// longer.
    static boolean isBeginning(JsonNode part, JsonNode whole) {
        if (part.size() > whole.size()) {
            return false;
        }
        for (int i = 0; i < part.size(); i++) {
            JsonNode had = part.get(i);
            JsonNode has = whole.get(i);
            boolean goesOn = had.path("type").equals(has.path("type"))
                    && had.path("toolCallId").equals(has.path("toolCallId"))
                    && has.path("text").asString("").startsWith(had.path("text").asString(""));
            if (!goesOn) {
                return false;
            }
        }
        return true;
    }
}
