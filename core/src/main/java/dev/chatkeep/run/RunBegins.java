package dev.chatkeep.run;

import dev.chatkeep.ChatkeepException.Conflict;
import dev.chatkeep.ChatkeepException.Gone;
import dev.chatkeep.ChatkeepException.NotFound;
import dev.chatkeep.ChatkeepException.PaymentRequired;
import dev.chatkeep.Ids;
import dev.chatkeep.chat.Path;
import dev.chatkeep.chat.Titles;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.Rows;
import dev.chatkeep.message.Branches;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.message.Status;
import dev.chatkeep.payment.Debit;
import dev.chatkeep.payment.FreeMessagePolicy;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;

/// How a turn begins, in one transaction. It locks the chat first and decides in later statements, which see
/// what was committed while the first one waited. A decision about another table in the waiting statement
/// itself would be made on an old snapshot.
public final class RunBegins {

    /// Decides and writes, all that hangs on `head`: the user's counters, which are changed only if the turn is
    /// new, allowed and paid.
    private static final String BEGIN = """
            with known as (
                select r.*, :parts::jsonb is null or m.parts = :parts::jsonb as is_same
                from chatkeep.run r
                left join chatkeep.message m
                    on m.user_id = :user and m.chat_id = :chat and m.branch = r.branch and m.pos = r.pos - 1
                where r.user_id = :user and r.chat_id = :chat and r.turn_key = :key
            ), active as (
                select id
                from chatkeep.run
                where user_id = :user and chat_id = :chat and status = 'streaming' and branch = :branch
            ), taken as (
                select id
                from chatkeep.message
                where user_id = :user and chat_id = :chat and id = :message and :is_new_message
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
                    messages = h.messages + :added
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
                    branches = branches + :added_branches,
                    stored_messages = stored_messages + :added
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
                from head where :parts::jsonb is not null
            ), answer as (
                insert into chatkeep.message (user_id, chat_id, branch, pos, id, role, status, parts,
                    metadata, payment_id, created_at)
                select :user, :chat, :branch, :pos, :answer, 'assistant', 'streaming', '[]',
                    :answer_metadata::jsonb, case when :parts::jsonb is null then head.payment_id end, :now
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
    private final Branches branches;
    private final Placing placing;

    public RunBegins(Database database, InstantSource clock, UUID nodeId, FreeMessagePolicy freeMessages) {
        this.database = database;
        this.clock = clock;
        this.nodeId = nodeId;
        this.freeMessages = freeMessages;
        this.branches = new Branches(database);
        this.placing = new Placing(branches, new Runs(database));
    }

    /// How a turn began: it is new, or it was asked before and this is its run.
    ///
    /// @param path of the chat, with the answer as its last message if the turn is new
    record Begun(Run run, Path path, boolean isNew) {}

    /// Stores the question and a place for the answer, in one transaction: of two statements when it goes to
    /// the chat's end, of up to six when it forks. Or finds the run of a turn that was asked before.
    ///
    /// @param answerMetadata what is known about the answer before it is written
    /// @throws Gone when the chat lies in the trash
    /// @throws NotFound when what is to be answered anew is not there
    /// @throws Conflict when the line is busy with another answer, the message's id is taken, or the chat has
    ///     too
    ///     many branches
    /// @throws PaymentRequired when all else is well, no free message is left and nothing is paid
    Begun begin(Turn turn, Json answerMetadata) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        return database.inTransaction(() -> {
            LockedChat chat = lock(turn, now);
            if (chat.isDeleted()) {
                throw Gone.chat(turn.chatId());
            }
            return switch (placing.place(turn, chat.place())) {
                case Place.Answered place -> answered(turn, chat, place);
                case Place.Busy place -> throw busy(turn, place);
                case Place.Free place -> begin(turn, chat, place, answerMetadata, now);
            };
        });
    }

    /// The run of a turn that was asked before, with the same words.
    Optional<Run> find(Turn turn) {
        return database.sql("""
                select path, branches, is_deleted, null as last_id
                from chatkeep.chat
                where user_id = :user and id = :chat and not is_deleted
                """)
                .param("user", turn.userId())
                .param("chat", turn.chatId())
                .query((row, n) -> place(row))
                .optional()
                .flatMap(chat -> switch (placing.place(turn, chat)) {
                    case Place.Answered(Path path, int branch, int pos) -> at(turn, branch, pos);
                    case Place.Busy place -> throw busy(turn, place);
                    case Place.Free place -> known(turn, place.key());
                });
    }

    private record LockedChat(boolean isDeleted, boolean isNew, boolean isTitled, Placing.Chat place) {

        Path path() {
            return place.path();
        }
    }

    /// The id of the last message is null if this had to wait for another change; who needs it then looks for
    /// it.
    private LockedChat lock(Turn turn, Instant now) {
        return database.sql("""
                insert into chatkeep.chat as c (user_id, id, created_at, updated_at, model_id, sandbox_id)
                values (:user, :chat, :now, :now, :model, :sandbox)
                on conflict (user_id, id) do update set change_seq = c.change_seq
                returning is_deleted, change_seq = 0 as is_new, title is not null as is_titled, path, branches, (
                    select m.id
                    from chatkeep.message m
                    where m.user_id = :user and m.chat_id = :chat and m.branch = c.path[array_length(c.path, 1)][1]
                        and m.pos = c.path[array_length(c.path, 1)][3]) as last_id
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
                        place(row)))
                .single();
    }

    private static Placing.Chat place(ResultSet row) throws SQLException {
        return new Placing.Chat(Path.of(Rows.matrix(row, "path")), row.getInt("branches"), row.getString("last_id"));
    }

    /// Who edits a message back to words that it has on another line sees that line.
    private Begun answered(Turn turn, LockedChat chat, Place.Answered place) {
        Run run = at(turn, place.branch(), place.pos()).orElseThrow(NotFound::chat);
        if (turn.ask() instanceof Ask.Edit && !place.path().equals(chat.path())) {
            branches.show(turn.userId(), turn.chatId(), place.path().tip().branch());
        }
        return new Begun(run, chat.path(), false);
    }

    private Conflict busy(Turn turn, Place.Busy place) {
        return Conflict.runActive(at(turn, place.branch(), place.pos())
                .orElseThrow(NotFound::chat)
                .id());
    }

    private Begun begin(Turn turn, LockedChat chat, Place.Free place, Json answerMetadata, Instant now) {
        if (place.path().segments().size() > Path.MOST_SEGMENTS
                || (place.forks() && branches.areTooMany(turn.userId(), turn.chatId()))) {
            Run known = known(turn, place.key())
                    .orElseThrow(() -> new Conflict(
                            "too_many_branches", "This chat has as many branches as it may have. Begin a new one."));
            return new Begun(known, chat.path(), false);
        }
        Begun begun = store(turn, chat, place, answerMetadata, now);
        if (begun.isNew() && place.branch() != chat.path().tip().branch()) {
            branches.keep(turn.userId(), turn.chatId(), chat.path());
        }
        if (!begun.isNew() && turn.ask() instanceof Ask.Edit) {
            branches.show(turn.userId(), turn.chatId(), begun.run().branch());
        }
        return begun;
    }

    private Begun store(Turn turn, LockedChat chat, Place.Free place, Json answerMetadata, Instant now) {
        Optional<NewMessage> said = turn.ask().said();
        Optional<String> title = chat.isTitled() ? Optional.empty() : said.flatMap(it -> Titles.of(it.text()));
        Run run = new Run(
                turn.userId(),
                turn.chatId(),
                Ids.uuid(),
                place.branch(),
                place.pos(),
                Ids.make(),
                Status.STREAMING,
                nodeId,
                1,
                now);
        return database.sql(BEGIN)
                .param("user", turn.userId())
                .param("chat", turn.chatId())
                .param("key", place.key())
                .param("new_chats", chat.isNew() ? 1 : 0)
                .param("now", Rows.time(now))
                .param("title", title.orElse(null))
                .param("is_titling", title.isPresent())
                .params(Titles.parameters(turn.userId(), title.orElse(null)))
                .param("model", turn.model().id())
                .param("sandbox", turn.sandboxId())
                .param("path", place.path().literal())
                .param("added_branches", place.forks() ? 1 : 0)
                .param("added", said.isPresent() ? 2 : 1)
                .param("branch", run.branch())
                .param("pos", run.pos())
                .param("is_new_message", turn.ask() instanceof Ask.Send)
                .param("message", said.map(NewMessage::id).orElse(null))
                .param("parts", said.map(it -> it.parts().text()).orElse(null))
                .param("attachments", said.map(it -> it.attachments().text()).orElse(null))
                .param(
                        "metadata",
                        said.map(NewMessage::metadata).map(Json::text).orElse(null))
                .param("answer", run.messageId())
                .param("answer_metadata", answerMetadata.text())
                .param("run", run.id())
                .param("node", nodeId)
                .params(freeMessages.parameters())
                .params(turn.charge().parameters())
                .query((row, n) -> row.getBoolean("is_new")
                        ? new Begun(run, place.path(), true)
                        : new Begun(known(row, place.key()), chat.path(), false))
                .single();
    }

    private static Run known(ResultSet row, String key) throws SQLException {
        if (row.getObject("id") != null) {
            if (!row.getBoolean("is_same")) {
                throw taken();
            }
            return Runs.read(row);
        }
        UUID active = row.getObject("active_run", UUID.class);
        if (active != null) {
            throw Conflict.runActive(active);
        }
        if (row.getBoolean("is_taken")) {
            throw taken();
        }
        throw new PaymentRequired(row.getInt("free_limit"), Rows.timeOrNull(row, "free_again_at"), key);
    }

    private static Conflict taken() {
        return new Conflict(
                "message_id_taken", "This chat has another message of this id. Send a new message with a new id.");
    }

    private Optional<Run> known(Turn turn, String key) {
        return database.sql("""
                select %s
                from chatkeep.run r
                left join chatkeep.message m
                    on m.user_id = :user and m.chat_id = :chat and m.branch = r.branch and m.pos = r.pos - 1
                where r.user_id = :user and r.chat_id = :chat and r.turn_key = :key
                    and (:parts::jsonb is null or m.parts = :parts::jsonb)
                """.formatted(Runs.COLUMNS))
                .param("user", turn.userId())
                .param("chat", turn.chatId())
                .param("key", key)
                .param("parts", turn.ask().said().map(it -> it.parts().text()).orElse(null))
                .query((row, n) -> Runs.read(row))
                .optional();
    }

    /// The run that wrote the answer at this place; of an answer that was not written by one, such as one that
    /// was brought along, what a run would be.
    private Optional<Run> at(Turn turn, int branch, int pos) {
        return database.sql("""
                select m.user_id, m.chat_id, coalesce(r.id, :none) as id, m.branch, m.pos, m.id as message_id, m.status,
                    coalesce(r.node_id, :none) as node_id, coalesce(r.epoch, 1) as epoch,
                    coalesce(r.started_at, m.created_at) as started_at
                from chatkeep.message m
                left join chatkeep.run r on r.user_id = :user and r.chat_id = :chat and r.branch = m.branch
                    and r.pos = m.pos
                where m.user_id = :user and m.chat_id = :chat and m.branch = :branch and m.pos = :pos
                """)
                .param("user", turn.userId())
                .param("chat", turn.chatId())
                .param("branch", branch)
                .param("pos", pos)
                .param("none", Ids.uuid())
                .query((row, n) -> Runs.read(row))
                .optional();
    }
}
