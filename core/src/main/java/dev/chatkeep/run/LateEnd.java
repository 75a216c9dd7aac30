package dev.chatkeep.run;

import dev.chatkeep.chat.Path;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.Rows;
import dev.chatkeep.message.Branches;
import dev.chatkeep.message.Status;
import dev.chatkeep.run.RunEnds.Ending;
import java.time.InstantSource;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// The end of a run that comes when the run has ended already, since its writer was thought dead.
final class LateEnd {

    private final Database database;
    private final InstantSource clock;
    private final Branches branches;

    LateEnd(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
        this.branches = new Branches(database);
    }

    /// Stores an answer whose run is no longer its writer's to end. If another node took it over while the
    /// writer was only slow, and what was stored is the beginning of this, and nothing follows it, it becomes
    /// this; else this is kept beside it, on a branch of its own. One that was stopped, or is gone, stays so;
    /// one that ended as this one, when only the word of it was lost, is stored.
    ///
    /// Runs in the transaction of its caller, who has locked the chat.
    ///
    /// @return whether the answer is stored now
    boolean complete(Run run, Ending ending) {
        Optional<Left> left = left(run);
        if (left.isEmpty() || left.get().status() != Status.INTERRUPTED) {
            return left.isPresent() && left.get().status() == ending.status();
        }
        boolean goesOn = isBeginning(left.get().parts().tree(), ending.parts().tree())
                && !branches.goesOn(run.userId(), run.chatId(), left.get().shown(), run.branch(), run.pos());
        return goesOn ? rewrite(run, ending) : keepAside(run, ending, left.get());
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
                    metadata, error, created_at)
                select :user, :chat, c.branch, :pos, :message, 'assistant', :status, :parts::jsonb,
                    :metadata::jsonb, :error, :started
                from c
                returning branch
                """)
                .param("user", run.userId())
                .param("chat", run.chatId())
                .param("run", run.id())
                .param("pos", run.pos())
                .param("message", run.messageId())
                .param("status", ending.status().word())
                .param("error", ending.error())
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
                set status = :status, parts = :parts::jsonb, metadata = coalesce(:metadata::jsonb, metadata),
                    error = :error
                from ended
                where m.user_id = :user and m.chat_id = :chat and m.branch = ended.branch and m.pos = ended.pos
                """)
                        .param("user", run.userId())
                        .param("chat", run.chatId())
                        .param("run", run.id())
                        .param("status", ending.status().word())
                        .param("error", ending.error())
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
