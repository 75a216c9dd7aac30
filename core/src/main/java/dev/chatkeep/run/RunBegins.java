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
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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
                select
                from unnest(:new_ids::text[]) as given (id) cross join lateral (
                    select count(*) as messages
                    from chatkeep.message m
                    where m.user_id = :user and m.chat_id = :chat and m.id = given.id
                ) m
                where m.messages > 0
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
            ), unsent as (
                insert into chatkeep.message (user_id, chat_id, branch, pos, id, role, status, parts, attachments,
                    metadata, created_at)
                select :user, :chat, :branch, :pos - 2 - :unsent_count::int + n, u ->> 'id', 'user', 'complete',
                    u -> 'parts', u -> 'attachments', u -> 'metadata', :now
                from head, jsonb_array_elements(:unsent::jsonb) with ordinality as list (u, n)
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

    /// How a turn began.
    sealed interface Beginning {}

    /// It is new, or it was asked before and this is its run.
    ///
    /// @param path of the chat, with the answer as its last message if the turn is new
    record Begun(Run run, Path path, boolean isNew) implements Beginning {}

    /// It did not begin: the answer of this run is to be stopped first.
    record Occupied(Run run) implements Beginning {}

    /// Stores the question and a place for the answer, in one transaction: of two statements when it goes to
    /// the chat's end, of up to six when it forks. Or finds the run of a turn that was asked before.
    ///
    /// @param answerMetadata what is known about the answer before it is written
    /// @param stopped the run that an earlier call found to be in the way, and that has ended since
    /// @throws Gone when the chat lies in the trash
    /// @throws NotFound when what is to be answered anew is not there
    /// @throws Conflict when the line is busy with another answer, the message's id is taken, or the chat has
    ///     too many branches
    /// @throws PaymentRequired when all else is well, no free message is left and nothing is paid
    Beginning begin(Turn turn, Json answerMetadata, @Nullable Run stopped) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        return database.inTransaction(() -> {
            LockedChat chat = lock(turn, now);
            if (chat.isDeleted()) {
                throw Gone.chat(turn.chatId());
            }
            return switch (placing.place(turn, chat.place().after(stopped))) {
                case Place.Answered place -> answered(turn, chat, place);
                case Place.Busy(int branch, int pos) ->
                    throw Conflict.runActive(at(turn, branch, pos).id());
                case Place.Occupied place -> occupied(turn, chat, place);
                case Place.Free place -> begin(turn, chat, place, answerMetadata, now);
            };
        });
    }

    /// The run of a turn that was asked before, with the same words.
    Optional<Run> find(Turn turn) {
        return database.sql("""
                select path, branches, is_deleted, null as last
                from chatkeep.chat
                where user_id = :user and id = :chat and not is_deleted
                """)
                .param("user", turn.userId())
                .param("chat", turn.chatId())
                .query((row, n) -> place(row))
                .optional()
                .flatMap(chat -> switch (placing.place(turn, chat)) {
                    case Place.Answered place -> Optional.of(at(turn, place.branch(), place.pos()));
                    case Place.Busy(int branch, int pos) ->
                        throw Conflict.runActive(at(turn, branch, pos).id());
                    case Place.Occupied place -> known(turn, place.then());
                    case Place.Free place -> known(turn, place);
                });
    }

    private record LockedChat(boolean isDeleted, boolean isNew, boolean isTitled, Placing.Chat place) {

        Path path() {
            return place.path();
        }
    }

    /// The last message is not known if this had to wait for another change; who needs it then looks for it.
    private LockedChat lock(Turn turn, Instant now) {
        return database.sql("""
                insert into chatkeep.chat as c (user_id, id, created_at, updated_at, model_id, sandbox_id)
                values (:user, :chat, :now, :now, :model, :sandbox)
                on conflict (user_id, id) do update set change_seq = c.change_seq
                returning is_deleted, change_seq = 0 as is_new, title is not null as is_titled, path, branches, (
                    select array[m.id, m.status]
                    from chatkeep.message m
                    where m.user_id = :user and m.chat_id = :chat and m.branch = c.path[array_length(c.path, 1)][1]
                        and m.pos = c.path[array_length(c.path, 1)][3]) as last
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
        Array last = row.getArray("last");
        return new Placing.Chat(
                Path.of(Rows.matrix(row, "path")), row.getInt("branches"), last == null ? null : last(last), null);
    }

    private static Placing.Last last(Array idAndStatus) throws SQLException {
        String[] values = (String[]) idAndStatus.getArray();
        return new Placing.Last(values[0], Status.of(values[1]));
    }

    /// Who edits a message back to words that it has on another line sees that line.
    private Begun answered(Turn turn, LockedChat chat, Place.Answered place) {
        Run run = at(turn, place.branch(), place.pos());
        if (place.ask() instanceof Ask.Edit && !place.path().equals(chat.path())) {
            branches.show(turn.userId(), turn.chatId(), place.path().tip().branch());
        }
        return new Begun(run, chat.path(), false);
    }

    private Beginning occupied(Turn turn, LockedChat chat, Place.Occupied place) {
        return known(turn, place.then())
                .<Beginning>map(run -> new Begun(run, chat.path(), false))
                .orElseGet(() -> new Occupied(at(turn, place.branch(), place.pos())));
    }

    private Begun begin(Turn turn, LockedChat chat, Place.Free place, Json answerMetadata, Instant now) {
        if (place.path().segments().size() > Path.MOST_SEGMENTS
                || (place.forks() && branches.areTooMany(turn.userId(), turn.chatId()))) {
            Run known = known(turn, place)
                    .orElseThrow(() -> new Conflict(
                            "too_many_branches", "This chat has as many branches as it may have. Begin a new one."));
            return new Begun(known, chat.path(), false);
        }
        Begun begun = store(turn, chat, place, answerMetadata, now);
        if (begun.isNew() && place.branch() != chat.path().tip().branch()) {
            branches.keep(turn.userId(), turn.chatId(), chat.path());
        }
        if (!begun.isNew() && place.ask() instanceof Ask.Edit) {
            branches.show(turn.userId(), turn.chatId(), begun.run().branch());
        }
        return begun;
    }

    private Begun store(Turn turn, LockedChat chat, Place.Free place, Json answerMetadata, Instant now) {
        Optional<NewMessage> question = place.question();
        Optional<String> title = chat.isTitled()
                ? Optional.empty()
                : Stream.concat(place.unsent().stream(), question.stream())
                        .flatMap(message -> Titles.of(message.text()).stream())
                        .findFirst();
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
                .param("added", place.added())
                .param("branch", run.branch())
                .param("pos", run.pos())
                .param("new_ids", newIds(place))
                .param("unsent", place.unsent().isEmpty() ? null : NewMessage.list(place.unsent()))
                .param("unsent_count", place.unsent().size())
                .param("message", question.map(NewMessage::id).orElse(null))
                .param("parts", parts(place))
                .param(
                        "attachments",
                        question.map(it -> it.attachments().text()).orElse(null))
                .param(
                        "metadata",
                        question.map(NewMessage::metadata).map(Json::text).orElse(null))
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

    /// Of the messages that the chat must not have yet. The words of an edit come under an id that it has.
    private static String[] newIds(Place.Free place) {
        return Stream.concat(
                        place.unsent().stream(),
                        place.ask() instanceof Ask.Send send ? Stream.of(send.message()) : Stream.empty())
                .map(NewMessage::id)
                .toArray(String[]::new);
    }

    private static @Nullable String parts(Place.Free place) {
        return place.question().map(message -> message.parts().text()).orElse(null);
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

    private Optional<Run> known(Turn turn, Place.Free place) {
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
                .param("key", place.key())
                .param("parts", parts(place))
                .query((row, n) -> Runs.read(row))
                .optional();
    }

    /// The run that wrote the answer at this place; of an answer that no run wrote, such as an imported one,
    /// what a run would be.
    private Run at(Turn turn, int branch, int pos) {
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
                .optional()
                .orElseThrow(NotFound::chat);
    }
}
