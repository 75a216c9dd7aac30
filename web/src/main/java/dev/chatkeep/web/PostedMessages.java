package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.TooLarge;
import dev.chatkeep.JsonInput;
import dev.chatkeep.message.MessageInput;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.message.Role;
import dev.chatkeep.run.Ask.Parent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The end of a conversation as a client posts it: the last message, the user messages right before it (of
/// which some may never have arrived), and the id of the message before those. What comes earlier is forgotten
/// as it is read.
final class PostedMessages {

    private static final int MAX_UNSENT = 10;
    private static final int MAX_UNSENT_BYTES = MessageInput.BYTES;

    /// One message.
    static final class Posted {

        private final String field;
        private final @Nullable String id;
        private final boolean isUsers;
        private final byte @Nullable [] json;

        /// @param field how its sender knows it, such as `messages[3]`
        /// @param json null when it is larger than a message may be
        Posted(String field, @Nullable String id, @Nullable String role, byte @Nullable [] json) {
            this.field = field;
            this.id = id;
            this.isUsers = Role.USER.word().equals(role);
            this.json = json;
        }

        @Nullable
        String id() {
            return id;
        }

        boolean isUsers() {
            return isUsers;
        }

        /// Whether it says something, and does not only name a message.
        ///
        /// @throws Invalid for what is no JSON that could be stored
        boolean hasWords() {
            if (json == null) {
                return true;
            }
            JsonNode message = JsonInput.read(field, json);
            return !message.path("content").isMissingNode()
                    || !(message.path("parts").isMissingNode()
                            || message.path("parts").isArray())
                    || !message.path("parts").isEmpty();
        }

        /// @throws Invalid naming the field that is wrong
        /// @throws TooLarge for more than a message may have
        NewMessage read() {
            if (json == null) {
                throw MessageInput.tooLarge(field);
            }
            return MessageInput.read(field, json);
        }

        /// Empty for one that was refused when it was sent: it must not hold up those behind it.
        private Optional<NewMessage> readable() {
            try {
                return Optional.of(read());
            } catch (Invalid | TooLarge refused) {
                return Optional.empty();
            }
        }

        private int bytes() {
            return json == null ? 0 : json.length;
        }

        private long weight() {
            return json == null ? 0 : Body.weight(json);
        }
    }

    private final Deque<Posted> unsent = new ArrayDeque<>();
    private int unsentBytes;
    private @Nullable Posted last;
    private @Nullable String beforeId;
    private boolean isFromTheStart = true;

    void add(Posted next) {
        if (last != null) {
            if (last.isUsers() && next.isUsers()) {
                keep(last);
            } else {
                forget(last);
            }
        }
        last = next;
    }

    private void keep(Posted message) {
        unsent.addLast(message);
        unsentBytes += message.bytes();
        while (unsent.size() > MAX_UNSENT || unsentBytes > MAX_UNSENT_BYTES) {
            Posted oldest = unsent.removeFirst();
            unsentBytes -= oldest.bytes();
            beforeId = oldest.id();
            isFromTheStart = false;
        }
    }

    private void forget(Posted message) {
        unsent.clear();
        unsentBytes = 0;
        beforeId = message.id();
        isFromTheStart = false;
    }

    /// Of all that is kept, as it was sent.
    long bytes() {
        return unsentBytes + (last == null ? 0L : last.bytes());
    }

    /// An estimate of the memory that it takes to read all that is kept.
    long weight() {
        return unsent.stream().mapToLong(Posted::weight).sum() + (last == null ? 0 : last.weight());
    }

    Optional<Posted> last() {
        return Optional.ofNullable(last);
    }

    /// Whether the message of this id is the one before the last, and a user's.
    boolean isUnsentTip(@Nullable String id) {
        return id != null && !unsent.isEmpty() && id.equals(unsent.getLast().id());
    }

    /// The user messages right before the last one, as far as they can be stored and found again: each id once.
    List<NewMessage> unsent() {
        var ids = new HashSet<@Nullable String>();
        ids.add(last == null ? null : last.id());
        return unsent.stream()
                .filter(message -> message.id() != null && ids.add(message.id()))
                .flatMap(message -> message.readable().stream())
                .toList();
    }

    /// What the messages of [#unsent] follow.
    ///
    /// @param start what nothing before them stands for
    Parent parent(Parent start) {
        if (isFromTheStart) {
            return start;
        }
        return beforeId == null ? Parent.TIP : new Parent.Message(beforeId);
    }
}
