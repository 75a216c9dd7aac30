package dev.chatkeep.run;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.NotFound;
import dev.chatkeep.chat.Path;
import dev.chatkeep.db.Json;
import dev.chatkeep.message.Branches;
import dev.chatkeep.message.Branches.Found;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.message.Role;
import dev.chatkeep.message.Status;
import dev.chatkeep.run.Ask.Parent;
import dev.chatkeep.user.Hashes;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Finds where a turn goes in a chat, and by which key it is found again. Nothing that is there is ever moved:
/// what does not go behind the last message of a line goes on a new branch.
final class Placing {

    private static final JsonMapper SORTED = Json.MAPPER
            .rebuild()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private final Branches branches;
    private final Runs runs;

    Placing(Branches branches, Runs runs) {
        this.branches = branches;
        this.runs = runs;
    }

    /// A chat, locked if something is to be written.
    ///
    /// @param branches how many branch numbers were given out: the next one
    /// @param last its last shown message, if it is known
    /// @param stopped a run that was stopped for this turn, if one was
    record Chat(
            Path path,
            int branches,
            @Nullable Last last,
            @Nullable Run stopped) {

        Chat after(@Nullable Run stop) {
            return new Chat(path, branches, last, stop);
        }

        /// Whether the message at this pos of a line is the last one of it, and the answer that was stopped.
        boolean isStopped(Path line, int pos) {
            return stopped != null
                    && line.lastShown()
                            .filter(tip -> tip.branch() == stopped.branch() && tip.last() == stopped.pos())
                            .filter(tip -> tip.last() == pos)
                            .isPresent();
        }

        boolean endsWith(String messageId) {
            return last != null && last.id().equals(messageId);
        }

        boolean isNew() {
            return path.isEmpty() && branches == 1;
        }
    }

    /// The last shown message of a chat.
    record Last(String id, Status status) {}

    Place place(Turn turn, Chat chat) {
        return switch (turn.ask()) {
            case Ask.Send send -> send(turn, chat, send);
            case Ask.Edit(Ask.Send message) -> edit(turn, chat, message);
            case Ask.Regenerate regenerate -> regenerate(turn, chat, regenerate);
        };
    }

    private Place send(Turn turn, Chat chat, Ask.Send send) {
        if (chat.isNew()) {
            return behind(turn, send, chat.path(), send.unsent());
        }
        for (int i = send.unsent().size(); i > 0; i--) {
            String id = send.unsent().get(i - 1).id();
            List<NewMessage> missing = send.unsent().subList(i, send.unsent().size());
            if (chat.endsWith(id)) {
                return behind(turn, send, chat.path(), missing);
            }
            Optional<Found> sent = find(turn, chat, id);
            if (sent.isPresent()) {
                return follow(turn, chat, send, sent.get(), missing);
            }
        }
        return switch (send.parent()) {
            case Parent.Tip() -> atTip(turn, chat, send, send.unsent());
            case Parent.Root() -> first(turn, chat, send);
            case Parent.Message(String id) when chat.endsWith(id) -> named(turn, chat, send);
            case Parent.Message(String id) ->
                find(turn, chat, id)
                        .map(parent -> follow(turn, chat, send, parent, send.unsent()))
                        .orElseGet(() -> atTip(turn, chat, send, send.unsent()));
        };
    }

    /// Behind the last message that is shown. An answer that is being written there is in the way, unless its
    /// end is asked for.
    private Place atTip(Turn turn, Chat chat, Ask.Send send, List<NewMessage> unsent) {
        Place.Free free = behind(turn, send, chat.path(), unsent);
        return turn.ifRunning() != IfRunning.STOP
                ? free
                : chat.path()
                        .lastShown()
                        .flatMap(last -> running(turn, chat.path(), last.last()))
                        .<Place>map(it -> occupied(free, it))
                        .orElse(free);
    }

    /// Behind the last message that is shown, which the sender names. If that is an answer which is still being
    /// written, the sender saw it as over.
    private Place named(Turn turn, Chat chat, Ask.Send send) {
        Place.Free free = behind(turn, send, chat.path(), send.unsent());
        boolean isRunning = chat.last() != null && chat.last().status() == Status.STREAMING;
        if (!isRunning || turn.ifRunning() == IfRunning.REFUSE) {
            return free;
        }
        Path.Segment last = chat.path().lastShown().orElseThrow();
        return new Place.Occupied(free, last.branch(), last.last());
    }

    private Place first(Turn turn, Chat chat, Ask.Send send) {
        return chat.path()
                .firstShown()
                .<Place>map(first -> fork(
                        turn,
                        send,
                        chat,
                        chat.path(),
                        first.first(),
                        first.first() + 1 + send.unsent().size(),
                        send.unsent()))
                .orElseGet(() -> behind(turn, send, chat.path(), send.unsent()));
    }

    /// Behind a message that the sender names as the last one before it. Its answer, if that is still being
    /// written at the end of the line, was over for the sender, who may not even have seen its beginning.
    private Place follow(Turn turn, Chat chat, Ask.Send send, Found parent, List<NewMessage> unsent) {
        Path path = parent.path();
        OptionalInt next = path.after(parent.pos());
        Optional<Found> running = next.isEmpty()
                ? Optional.of(parent).filter(Placing::isRunning)
                : Optional.of(parent)
                        .filter(it -> it.role() == Role.USER)
                        .flatMap(it -> running(turn, path, next.getAsInt()));
        if (running.isPresent()) {
            return turn.ifRunning() == IfRunning.REFUSE
                    ? new Place.Busy(running.get().branch(), running.get().pos())
                    : occupied(behind(turn, send, path, unsent), running.get());
        }
        int first = parent.pos() + 1;
        return next.isEmpty() || chat.isStopped(path, next.getAsInt())
                ? behind(turn, send, path, unsent)
                : fork(turn, send, chat, path, first, first + unsent.size() + 1, unsent);
    }

    /// The answer at this pos, if it is the last message of this line and is still being written.
    private Optional<Found> running(Turn turn, Path path, int pos) {
        return path.lastShown()
                .filter(last -> last.last() == pos)
                .flatMap(last -> branches.at(turn.userId(), turn.chatId(), path, last.branch(), pos))
                .filter(Placing::isRunning);
    }

    private static boolean isRunning(Found message) {
        return message.status() == Status.STREAMING;
    }

    private static Place.Occupied occupied(Place.Free then, Found running) {
        return new Place.Occupied(then, running.branch(), running.pos());
    }

    private Place edit(Turn turn, Chat chat, Ask.Send send) {
        return find(turn, chat, send.message().id())
                .map(edited -> edit(turn, chat, send, edited))
                .orElseGet(() -> send(turn, chat, send));
    }

    private Place edit(Turn turn, Chat chat, Ask.Send send, Found edited) {
        if (edited.role() != Role.USER) {
            throw Invalid.field("messageId", "Only a user's message can be edited.");
        }
        Ask.Edit ask = new Ask.Edit(send);
        OptionalInt answer = edited.path().after(edited.pos());
        if (turn.key() == null
                && answer.isPresent()
                && has(turn, edited, send.message())
                && isAnswer(turn, edited.path(), answer.getAsInt())) {
            return answered(edited.path(), answer.getAsInt(), ask);
        }
        return fork(turn, ask, chat, edited.path(), edited.pos(), edited.pos() + 1, List.of());
    }

    private boolean has(Turn turn, Found found, NewMessage message) {
        return branches.has(turn.userId(), turn.chatId(), found, message.parts());
    }

    private static String hash(Json parts) {
        return Hashes.sha256(SORTED.writeValueAsString(SORTED.treeToValue(parts.tree(), Object.class)));
    }

    /// The last message that the page shows decides: if it never arrived, it is what is to be answered.
    private Place regenerate(Turn turn, Chat chat, Ask.Regenerate ask) {
        Ask.Send last = ask.last();
        if (last == null) {
            return regenerate(turn, chat, ask, Optional.empty());
        }
        Optional<Found> found = find(turn, chat, last.message().id());
        if (found.isEmpty()) {
            return send(turn, chat, last);
        }
        return found.get().role() == Role.USER && !has(turn, found.get(), last.message())
                ? edit(turn, chat, last, found.get())
                : regenerate(turn, chat, ask, found);
    }

    /// @param last the last message that the sender sees, if it was looked for
    private Place regenerate(Turn turn, Chat chat, Ask.Regenerate ask, Optional<Found> last) {
        Optional<Found> named = ask.messageId() == null ? Optional.empty() : find(turn, chat, ask.messageId());
        boolean isTip = ask.messageId() == null && ask.lastId() == null;
        Found found = named.or(() -> last)
                .or(() -> isTip ? tip(turn, chat) : seen(turn, chat, ask.lastId()))
                .orElseThrow(NotFound::message);
        if (found.role() == Role.ASSISTANT) {
            return anew(turn, chat, ask, found, named.isPresent());
        }
        OptionalInt answer = found.path().after(found.pos());
        if (answer.isEmpty()) {
            return behind(turn, ask, found.path(), List.of());
        }
        int branch = found.path().branchAt(answer.getAsInt()).orElseThrow();
        return branches.at(turn.userId(), turn.chatId(), found.path(), branch, answer.getAsInt())
                .map(it -> anew(turn, chat, ask, it, false))
                .orElseThrow();
    }

    private Optional<Found> seen(Turn turn, Chat chat, @Nullable String lastId) {
        return lastId == null ? Optional.empty() : find(turn, chat, lastId);
    }

    private Optional<Found> tip(Turn turn, Chat chat) {
        return chat.path()
                .lastShown()
                .flatMap(last -> branches.at(turn.userId(), turn.chatId(), chat.path(), last.branch(), last.last()));
    }

    /// Another answer in the place of this one, unless this is that other answer, asked for a moment ago: it is
    /// being written, or it is shown where the named one was.
    private Place anew(Turn turn, Chat chat, Ask.Regenerate ask, Found answer, boolean isNamed) {
        String named = "regenerate " + answer.branch() + " " + answer.pos() + " ";
        if (answer.status() == Status.STREAMING) {
            if (turn.ifRunning() == IfRunning.STOP) {
                return occupied(anew(turn, chat, ask, answer, named), answer);
            }
            return isNamed ? new Place.Busy(answer.branch(), answer.pos()) : answered(answer.path(), answer.pos(), ask);
        }
        if (isNamed
                && turn.key() == null
                && isReplaced(answer, chat.path())
                && isAnswer(turn, chat.path(), answer.pos())) {
            return answered(chat.path(), answer.pos(), ask);
        }
        return anew(turn, chat, ask, answer, named);
    }

    private Place.Free anew(Turn turn, Chat chat, Ask.Regenerate ask, Found answer, String named) {
        String key = key(turn, named + runs.nextNumber(turn.userId(), turn.chatId(), named));
        Path path = answer.path().forked(answer.pos(), chat.branches(), answer.pos());
        return new Place.Free(key, path, answer.pos(), true, ask, List.of());
    }

    /// Whether an answer is shown there, and not what a tab that saw less said.
    private boolean isAnswer(Turn turn, Path path, int pos) {
        return branches.at(
                        turn.userId(), turn.chatId(), path, path.branchAt(pos).orElseThrow(), pos)
                .filter(found -> found.role() == Role.ASSISTANT)
                .isPresent();
    }

    private static boolean isReplaced(Found answer, Path shown) {
        return !shown.shows(answer.branch(), answer.pos())
                && shown.branchAt(answer.pos()).isPresent()
                && shown.before(answer.pos()).equals(answer.path().before(answer.pos()));
    }

    private Optional<Found> find(Turn turn, Chat chat, String messageId) {
        return branches.find(turn.userId(), turn.chatId(), chat.path(), messageId);
    }

    private static Place.Free behind(Turn turn, Ask ask, Path path, List<NewMessage> unsent) {
        Path longer = path.extended(unsent.size() + (ask instanceof Ask.Regenerate ? 1 : 2));
        Path.Segment tip = longer.tip();
        return new Place.Free(key(turn, ask, tip.branch(), tip.last()), longer, tip.last(), false, ask, unsent);
    }

    private static Place fork(
            Turn turn, Ask ask, Chat chat, Path path, int first, int answer, List<NewMessage> unsent) {
        Path forked = path.forked(first, chat.branches(), answer);
        return new Place.Free(key(turn, ask, chat.branches(), answer), forked, answer, true, ask, unsent);
    }

    private static Place answered(Path path, int pos, Ask ask) {
        return new Place.Answered(path, path.branchAt(pos).orElseThrow(), pos, ask);
    }

    /// What names the turn: the client's key, the new message, the words of an edit, or the place of an answer
    /// to a message that has none.
    private static String key(Turn turn, Ask ask, int branch, int pos) {
        return switch (ask) {
            case Ask.Send send -> key(turn, "send " + send.message().id());
            case Ask.Edit(Ask.Send edit) ->
                key(
                        turn,
                        "edit " + edit.message().id() + " "
                                + hash(edit.message().parts()));
            case Ask.Regenerate _ -> key(turn, "answer " + branch + " " + pos);
        };
    }

    private static String key(Turn turn, String ofAsk) {
        return turn.key() == null ? ofAsk : "key " + turn.key();
    }
}
