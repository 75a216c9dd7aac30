package dev.chatkeep.run;

import dev.chatkeep.message.NewMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a turn asks for.
public sealed interface Ask {

    /// What a new message follows, as its sender sees the chat.
    sealed interface Parent {

        /// The last message that is shown.
        record Tip() implements Parent {}

        /// Nothing: it is the first message.
        record Root() implements Parent {}

        /// The message of this id. One that the chat does not have stands for the last message that is shown.
        record Message(String id) implements Parent {}

        /// Behind what is shown.
        Parent TIP = new Tip();

        /// At the beginning.
        Parent ROOT = new Root();
    }

    /// A new message. It goes behind its parent, on a branch of its own if something else follows there
    /// already.
    ///
    /// @param unsent user messages that its sender sees between the parent and this one, oldest first; those
    ///     that the chat does not have never arrived, and are stored with it
    record Send(NewMessage message, Parent parent, List<NewMessage> unsent) implements Ask {

        public Send {
            unsent = List.copyOf(unsent);
        }

        /// With nothing between the parent and this one.
        public Send(NewMessage message, Parent parent) {
            this(message, parent, List.of());
        }
    }

    /// Other words for a message that is there: a new branch in its place. The words that are shown already
    /// change nothing, and a message that the chat does not have is sent.
    record Edit(Send message) implements Ask {}

    /// Another answer, on a new branch.
    ///
    /// @param messageId the answer to be replaced, or the message to be answered anew; null, or unknown: what
    ///     `lastId` says
    /// @param lastId the last message before the answer, as its sender sees the chat; null: the answer is the
    ///     last message
    /// @param last that last message, if it is a user's. If the chat does not have it, or has it with other
    ///     words, it never arrived: it is sent, or edited, and nothing else is answered
    record Regenerate(
            @Nullable String messageId,
            @Nullable String lastId,
            @Nullable Send last) implements Ask {}
}
