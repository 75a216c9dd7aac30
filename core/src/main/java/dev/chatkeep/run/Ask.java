package dev.chatkeep.run;

import dev.chatkeep.message.NewMessage;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a turn asks for.
public sealed interface Ask {

    /// A new message.
    ///
    /// @param parentId the message it answers to, as its sender sees the chat: behind it, on a branch of its
    ///     own if
    ///     something else follows there already. Null, or unknown: behind the last one
    record Send(NewMessage message, @Nullable String parentId) implements Ask {}

    /// Other words for a message that is there: a new branch in its place. With the same words it is what it
    /// was, and one that is not there is a new message.
    ///
    /// @param parentId as of a [Send]
    record Edit(NewMessage message, @Nullable String parentId) implements Ask {}

    /// Another answer, on a new branch.
    ///
    /// @param messageId the answer to be replaced, or the message to be answered anew; null: what `lastId` says
    /// @param lastId the last message before the answer, as its sender sees the chat; null: the answer is the
    ///     last
    ///     message
    record Regenerate(@Nullable String messageId, @Nullable String lastId) implements Ask {}

    /// What is said, if anything is.
    default Optional<NewMessage> said() {
        return switch (this) {
            case Send(var message, var parentId) -> Optional.of(message);
            case Edit(var message, var parentId) -> Optional.of(message);
            case Regenerate(var messageId, var lastId) -> Optional.empty();
        };
    }
}
