package dev.chatkeep.run;

import dev.chatkeep.ChatkeepException;
import dev.chatkeep.Ids;
import dev.chatkeep.chat.Path;
import dev.chatkeep.chat.Titles;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.Rows;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.message.Status;
import dev.chatkeep.payment.Debit;
import dev.chatkeep.payment.FreeMessagePolicy;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The rows of runs: how a turn begins and how an answer ends, each in one transaction.
///
/// Both lock the chat first and decide in a second statement, which sees what was committed while the first one
/// waited. A decision about another table in the waiting statement itself would be made on an old snapshot.
public final class Runs {

    private static final String COLUMNS =
            "r.user_id, r.chat_id, r.id, r.branch, r.pos, r.message_id, r.status, r.node_id, r.epoch, r.started_at";

    /// Decides and writes, all that hangs on `head`: the user's counters, which are changed only if the turn is new,
    /// allowed and paid.
    private static final String BEGIN = """
            with known as (
                select r.*, m.parts = :parts::jsonb as is_same
                from chatkeep.run r
                join chatkeep.message m
                    on m.user_id = :user and m.chat_id = :chat and m.branch = r.branch and m.pos = r.pos - 1
                where r.user_id = :user and r.chat_id = :chat and r.turn_key = :key
            ), active as (
                select id
                from chatkeep.run
                where user_id = :user and chat_id = :chat and status = 'streaming'
            ), taken as (
                select id
                from chatkeep.message
                where user_id = :user and chat_id = :chat and id = :message
                limit 1
            ), wanted as materialized (
                select
                where not exists (select from known)
                    and not exists (select from active)
                    and not exists (select from taken)
            ), %s, head as (
                update chatkeep.user_head h
                set change_seq = h.change_seq + 1,
                    active_chats = h.active_chats + :new_chats,
                    messages = h.messages + 2
                from paid
                where h.user_id = :user
                returning h.change_seq, paid.paid_with, paid.payment_id, paid.free_until, paid.network
            ), c as (
                update chatkeep.chat
                set change_seq = head.change_seq,
                    updated_at = :now,
                    title = coalesce(title, :title),
                    model_id = :model,
                    sandbox_id = coalesce(:sandbox, sandbox_id),
                    path = :path::int[],
                    stored_messages = stored_messages + 2
                from head
                where user_id = :user and id = :chat
            ), titled as (
                %s
                from head where :is_titling
                %s
            ), question as (
                insert into chatkeep.message (user_id, chat_id, branch, pos, id, role, status, parts, attachments,
                    metadata, payment_id, created_at)
                select :user, :chat, :branch, :pos - 1, :message, 'user', 'complete', :parts::jsonb,
                    :attachments::jsonb, :metadata::jsonb, head.payment_id, :now
                from head
            ), answer as (
                insert into chatkeep.message
                    (user_id, chat_id, branch, pos, id, role, status, parts, metadata, created_at)
                select :user, :chat, :branch, :pos, :answer, 'assistant', 'streaming', '[]',
                    :answer_metadata::jsonb, :now
                from head
            ), begun as (
                insert into chatkeep.run (user_id, chat_id, id, turn_key, branch, pos, message_id, model_id, status,
                    node_id, started_at, paid_with, payment_id, free_until, network)
                select :user, :chat, :run, :key, :branch, :pos, :answer, :model, 'streaming',
                    :node, :now, head.paid_with, head.payment_id, head.free_until, head.network
                from head
            )
            select (select count(*) from head) = 1 as is_new, (select id from active) as active_run,
                exists (select from taken) as is_taken, %s,
                k.is_same, k.user_id, k.chat_id, k.id, k.branch, k.pos, k.message_id, k.status, k.node_id, k.epoch,
                k.started_at
            from (select) here left join known k on true
            """.formatted(Debit.BEGIN, Titles.INSERT, Titles.UPSERT, Debit.REFUSAL);

    private final Database database;
    private final InstantSource clock;
    private final UUID nodeId;
    private final FreeMessagePolicy freeMessages;

    public Runs(Database database, InstantSource clock, UUID nodeId, FreeMessagePolicy freeMessages) {
        this.database = database;
        this.clock = clock;
        this.nodeId = nodeId;
        this.freeMessages = freeMessages;
    }

    /// How a turn began: it is new, or it was asked before and this is its run.
    record Begun(Run run, boolean isNew) {}

    /// Stores the question and a place for the answer, in one transaction of two statements; or finds the run
    /// of a turn that was asked before, and changes nothing.
    ///
    /// @param answerMetadata what is known about the answer before it is written
    /// @throws ChatkeepException.Gone when the chat lies in the trash
    /// @throws ChatkeepException.Conflict when the chat is busy with another answer, or the message's id is
    ///     taken
    /// @throws ChatkeepException.PaymentRequired when all else is well, no free message is left and nothing is paid
    Begun begin(Turn turn, Json answerMetadata) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        return database.inTransaction(() -> {
            LockedChat chat = lock(turn, now);
            if (chat.isDeleted()) {
                throw ChatkeepException.Gone.chat(turn.chatId());
            }
            return store(turn, chat, answerMetadata, now);
        });
    }

    private record LockedChat(boolean isDeleted, boolean isNew, boolean isTitled, Path path) {}

    private LockedChat lock(Turn turn, Instant now) {
        return database.sql("""
                insert into chatkeep.chat as c (user_id, id, created_at, updated_at, model_id, sandbox_id)
                values (:user, :chat, :now, :now, :model, :sandbox)
                on conflict (user_id, id) do update set change_seq = c.change_seq
                returning is_deleted, change_seq = 0 as is_new, title is not null as is_titled, path
                """)
                .param("user", turn.userId())
                .param("chat", turn.chatId())
                .param("now", Rows.time(now))
                .param("model", turn.model().id())
                .param("sandbox", turn.sandboxId())
                .query((row, n) -> new LockedChat(
                        row.getBoolean("is_deleted"),
                        row.getBoolean("is_new"),
                        row.getBoolean("is_titled"),
                        Path.of(Rows.matrix(row, "path"))))
                .single();
    }

    private Begun store(Turn turn, LockedChat chat, Json answerMetadata, Instant now) {
        NewMessage message = turn.message();
        Optional<String> title = chat.isTitled() ? Optional.empty() : Titles.of(message.text());
        Run run = new Run(
                turn.userId(),
                turn.chatId(),
                Ids.uuid(),
                chat.path().tip().branch(),
                chat.path().tip().last() + 2,
                Ids.make(),
                Status.STREAMING,
                nodeId,
                1,
                now);
        return database.sql(BEGIN)
                .param("user", turn.userId())
                .param("chat", turn.chatId())
                .param("key", turn.key())
                .param("new_chats", chat.isNew() ? 1 : 0)
                .param("now", Rows.time(now))
                .param("title", title.orElse(null))
                .param("is_titling", title.isPresent())
                .params(Titles.parameters(turn.userId(), title.orElse(null)))
                .param("model", turn.model().id())
                .param("sandbox", turn.sandboxId())
                .param("path", chat.path().extended(2).literal())
                .param("branch", run.branch())
                .param("pos", run.pos())
                .param("message", message.id())
                .param("parts", message.parts().text())
                .param("attachments", message.attachments().text())
                .param("metadata", text(message.metadata()))
                .param("answer", run.messageId())
                .param("answer_metadata", answerMetadata.text())
                .param("run", run.id())
                .param("node", nodeId)
                .params(freeMessages.parameters())
                .params(turn.charge().parameters())
                .query((row, n) -> row.getBoolean("is_new") ? new Begun(run, true) : notNew(row))
                .single();
    }

    /// The run of a turn that was asked before, with the same words.
    Optional<Run> find(Turn turn) {
        return database.sql("""
                select %s
                from chatkeep.run r
                join chatkeep.message m
                    on m.user_id = :user and m.chat_id = :chat and m.branch = r.branch and m.pos = r.pos - 1
                join chatkeep.chat c on c.user_id = :user and c.id = :chat
                where r.user_id = :user and r.chat_id = :chat and r.turn_key = :key
                    and m.parts = :parts::jsonb and not c.is_deleted
                """.formatted(COLUMNS))
                .param("user", turn.userId())
                .param("chat", turn.chatId())
                .param("key", turn.key())
                .param("parts", turn.message().parts().text())
                .query((row, n) -> read(row))
                .optional();
    }

    private static Begun notNew(ResultSet row) throws SQLException {
        if (row.getObject("id") != null) {
            if (!row.getBoolean("is_same")) {
                throw taken();
            }
            return new Begun(read(row), false);
        }
        UUID active = row.getObject("active_run", UUID.class);
        if (active != null) {
            throw new ChatkeepException.Conflict(
                    "run_active", "This chat is being answered by run " + active + ". Wait until it has ended.");
        }
        if (row.getBoolean("is_taken")) {
            throw taken();
        }
        throw new ChatkeepException.PaymentRequired(row.getInt("free_limit"), Rows.timeOrNull(row, "free_again_at"));
    }

    private static ChatkeepException.Conflict taken() {
        return new ChatkeepException.Conflict(
                "message_id_taken", "This chat has another message of this id. Send a new message with a new id.");
    }

    /// The run that is answering in this chat, if one is.
    ///
    /// @throws ChatkeepException.NotFound for a missing or foreign chat
    Optional<Run> active(UUID userId, String chatId) {
        return database.sql("""
                select %s
                from chatkeep.chat c
                left join chatkeep.run r on r.user_id = :user and r.chat_id = :chat and r.status = 'streaming'
                where c.user_id = :user and c.id = :chat
                """.formatted(COLUMNS))
                .param("user", userId)
                .param("chat", chatId)
                .query((row, n) -> row.getObject("id") == null ? Optional.<Run>empty() : Optional.of(read(row)))
                .optional()
                .orElseThrow(ChatkeepException.NotFound::chat);
    }

    /// The run as it is now; empty when it is gone.
    Optional<Run> find(Run run) {
        return database.sql("""
                select %s
                from chatkeep.run r
                where user_id = :user and chat_id = :chat and id = :run
                """.formatted(COLUMNS))
                .param("user", run.userId())
                .param("chat", run.chatId())
                .param("run", run.id())
                .query((row, n) -> read(row))
                .optional();
    }

    /// Asks the node that writes this run to stop it.
    void requestStop(Run run) {
        database.sql("""
                update chatkeep.run
                set is_stopping = true
                where user_id = :user and chat_id = :chat and id = :run and status = 'streaming'
                """)
                .param("user", run.userId())
                .param("chat", run.chatId())
                .param("run", run.id())
                .update();
    }

    /// The runs of a node that their readers asked to stop, of all users.
    Set<UUID> stopping(UUID node) {
        var stopping = new HashSet<UUID>();
        database.sql("select id from chatkeep.run where node_id = :node and status = 'streaming' and is_stopping")
                .param("node", node)
                .query(row -> {
                    stopping.add(row.getObject("id", UUID.class));
                });
        return stopping;
    }

    /// The unfinished runs of a node, of all users, as a sweep must ask; what is then done to each run names
    /// its user.
    List<Run> unfinished(UUID node) {
        return database.sql("""
                select %s
                from chatkeep.run r
                where r.node_id = :node and r.status = 'streaming'
                """.formatted(COLUMNS))
                .param("node", node)
                .query((row, n) -> read(row))
                .list();
    }

    private static Run read(ResultSet row) throws SQLException {
        return new Run(
                row.getObject("user_id", UUID.class),
                row.getString("chat_id"),
                row.getObject("id", UUID.class),
                row.getInt("branch"),
                row.getInt("pos"),
                row.getString("message_id"),
                Status.of(row.getString("status")),
                row.getObject("node_id", UUID.class),
                row.getInt("epoch"),
                Rows.time(row, "started_at"));
    }

    private static @Nullable String text(@Nullable Json json) {
        return json == null ? null : json.text();
    }
}
