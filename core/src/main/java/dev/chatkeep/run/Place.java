package dev.chatkeep.run;

import dev.chatkeep.chat.Path;

/// Where a turn goes in a chat.
sealed interface Place {

    /// Where its answer will be, unless a turn of this key was asked before.
    ///
    /// @param path what the chat shows then; its last branch is the answer's
    /// @param pos of the answer
    /// @param forks whether that branch is new
    record Free(String key, Path path, int pos, boolean forks) implements Place {

        int branch() {
            return path.tip().branch();
        }
    }

    /// Where its answer is already, whoever asked for it and by which key.
    ///
    /// @param path a line that has it
    record Answered(Path path, int branch, int pos) implements Place {}

    /// Nowhere: what is asked for anew is still being written, at this place.
    record Busy(int branch, int pos) implements Place {}
}
