package dev.chatkeep.run;

import dev.chatkeep.chat.Path;
import dev.chatkeep.message.NewMessage;
import java.util.List;
import java.util.Optional;

/// Where a turn goes in a chat.
sealed interface Place {

    /// Where its answer will be, unless a turn of this key was asked before.
    ///
    /// @param path what the chat shows then; its last branch is the answer's
    /// @param pos of the answer
    /// @param forks whether that branch is new
    /// @param ask what is really asked, since another answer to a message that never arrived is that message
    /// @param unsent messages that are stored before the question
    record Free(String key, Path path, int pos, boolean forks, Ask ask, List<NewMessage> unsent) implements Place {

        int branch() {
            return path.tip().branch();
        }

        /// What the answer answers, unless that is there already.
        Optional<NewMessage> question() {
            return switch (ask) {
                case Ask.Send send -> Optional.of(send.message());
                case Ask.Edit(Ask.Send message) -> Optional.of(message.message());
                case Ask.Regenerate _ -> Optional.empty();
            };
        }

        /// How many messages it adds.
        int added() {
            return unsent.size()
                    + question().stream().mapToInt(any -> 2).findFirst().orElse(1);
        }
    }

    /// Where its answer is already, whoever asked for it and by which key.
    ///
    /// @param path a line that has it
    record Answered(Path path, int branch, int pos, Ask ask) implements Place {}

    /// Nowhere: what is asked for anew is still being written, at this place.
    record Busy(int branch, int pos) implements Place {}

    /// Where its answer will be once the one that is being written at this place is stopped, unless a turn of
    /// its key was asked before.
    record Occupied(Free then, int branch, int pos) implements Place {}
}
