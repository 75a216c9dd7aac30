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
import dev.chatkeep.user.Hashes;
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
    /// @param lastId the id of its last shown message, if it is known
    record Chat(Path path, int branches, @Nullable String lastId) {}

    Place place(Turn turn, Chat chat) {
        return switch (turn.ask()) {
            case Ask.Send(NewMessage message, var parentId) -> send(turn, chat, message, parentId);
            case Ask.Edit(NewMessage message, var parentId) -> edit(turn, chat, message, parentId);
            case Ask.Regenerate(var messageId, var lastId) -> regenerate(turn, chat, messageId, lastId);
        };
    }

    private Place send(Turn turn, Chat chat, NewMessage message, @Nullable String parentId) {
        String key = key(turn, "send " + message.id());
        boolean isNew = chat.path().isEmpty() && chat.branches() == 1;
        if (parentId == null || parentId.equals(chat.lastId()) || isNew) {
            return behind(key, chat.path(), 2);
        }
        return find(turn, chat, parentId)
                .map(parent -> parent.path().after(parent.pos()).isEmpty()
                        ? behind(key, parent.path(), 2)
                        : fork(key, chat, parent.path(), parent.pos() + 1, parent.pos() + 2))
                .orElseGet(() -> behind(key, chat.path(), 2));
    }

    private Place edit(Turn turn, Chat chat, NewMessage message, @Nullable String parentId) {
        Optional<Found> found = find(turn, chat, message.id());
        if (found.isEmpty()) {
            return send(turn, chat, message, parentId);
        }
        Found edited = found.get();
        if (edited.role() != Role.USER) {
            throw Invalid.field("messageId", "Only what a user said can be said anew.");
        }
        OptionalInt answer = edited.path().after(edited.pos());
        if (turn.key() == null
                && answer.isPresent()
                && branches.has(turn.userId(), turn.chatId(), edited, message.parts())
                && isAnswer(turn, edited.path(), answer.getAsInt())) {
            return answered(edited.path(), answer.getAsInt());
        }
        String key = key(turn, "edit " + message.id() + " " + hash(message.parts()));
        return fork(key, chat, edited.path(), edited.pos(), edited.pos() + 1);
    }

    private static String hash(Json parts) {
        return Hashes.sha256(SORTED.writeValueAsString(SORTED.treeToValue(parts.tree(), Object.class)));
    }

    private Place regenerate(Turn turn, Chat chat, @Nullable String messageId, @Nullable String lastId) {
        Optional<Found> named = messageId == null ? seenLast(turn, chat, lastId) : find(turn, chat, messageId);
        Found found = named.orElseThrow(NotFound::message);
        if (found.role() == Role.ASSISTANT) {
            return anew(turn, chat, found, messageId != null);
        }
        OptionalInt answer = found.path().after(found.pos());
        if (answer.isEmpty()) {
            Path.Segment place = found.path().extended(1).tip();
            return behind(key(turn, "answer " + place.branch() + " " + place.last()), found.path(), 1);
        }
        int branch = found.path().branchAt(answer.getAsInt()).orElseThrow();
        return branches.at(turn.userId(), turn.chatId(), found.path(), branch, answer.getAsInt())
                .map(it -> anew(turn, chat, it, false))
                .orElseThrow();
    }

    /// What is to be answered anew when only the end of the chat is known, as its sender sees it.
    private Optional<Found> seenLast(Turn turn, Chat chat, @Nullable String lastId) {
        Optional<Found> seen = lastId == null ? Optional.empty() : find(turn, chat, lastId);
        return seen.or(() -> chat.path()
                .lastShown()
                .flatMap(last -> branches.at(turn.userId(), turn.chatId(), chat.path(), last.branch(), last.last())));
    }

    /// Another answer in the place of this one, unless this is that other answer, asked for a moment ago: it is
    /// being written, or it is shown where the named one was.
    private Place anew(Turn turn, Chat chat, Found answer, boolean isNamed) {
        if (answer.status() == Status.STREAMING) {
            if (isNamed) {
                return new Place.Busy(answer.branch(), answer.pos());
            }
            return answered(answer.path(), answer.pos());
        }
        if (isNamed
                && turn.key() == null
                && isReplaced(answer, chat.path())
                && isAnswer(turn, chat.path(), answer.pos())) {
            return answered(chat.path(), answer.pos());
        }
        String named = "regenerate " + answer.branch() + " " + answer.pos() + " ";
        String key = key(turn, named + runs.nextNumber(turn.userId(), turn.chatId(), named));
        return fork(key, chat, answer.path(), answer.pos(), answer.pos());
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

    private static Place behind(String key, Path path, int count) {
        Path longer = path.extended(count);
        return new Place.Free(key, longer, longer.tip().last(), false);
    }

    private static Place fork(String key, Chat chat, Path path, int first, int answer) {
        return new Place.Free(key, path.forked(first, chat.branches(), answer), answer, true);
    }

    private static Place answered(Path path, int pos) {
        return new Place.Answered(path, path.branchAt(pos).orElseThrow(), pos);
    }

    private static String key(Turn turn, String ofAsk) {
        return turn.key() == null ? ofAsk : "key " + turn.key();
    }
}
