package dev.chatkeep.run;

import dev.chatkeep.chat.Path;
import dev.chatkeep.message.Message;
import dev.chatkeep.message.Messages;
import dev.chatkeep.message.Messages.Placed;
import dev.chatkeep.message.Part;
import dev.chatkeep.message.Role;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a model is shown of a chat: the newest messages that fit its window, cut before a user message.
///
/// The estimate is one token for every [#BYTES_PER_TOKEN] bytes of a message's JSON in UTF-8, and
/// [#FILE_TOKENS] for a file whatever its size. It is meant to be too high rather than too low for prose in any
/// script. The system prompt counts; the question itself is always sent. A tool call and its result are one
/// part of one message, so no cut can part them.
///
/// Messages are read newest first, about as many bytes as the window has room for: one statement where the chat
/// is text, one more for each large file. The cost does not grow with the chat.
final class Prompts {

    static final int BYTES_PER_TOKEN = 3;
    static final int FILE_TOKENS = 1_500;
    private static final int PAGE = 256;
    private static final int MOST_MESSAGES = 1_000;

    private final Messages messages;

    Prompts(Messages messages) {
        this.messages = messages;
    }

    /// The prompt for the answer that `run` writes at the end of this path.
    Prompt of(Turn turn, Run run, Path path) {
        int room = turn.model().contextTokens() - tokens(turn.model().system());
        var newestFirst = new ArrayList<Prompt.Turn>();
        int before = run.pos();
        while (room > 0 && before > 1 && newestFirst.size() < MOST_MESSAGES) {
            long bytes = (long) room * BYTES_PER_TOKEN;
            List<Placed> page = messages.newestBefore(run.userId(), run.chatId(), path, before, PAGE, bytes);
            if (page.isEmpty()) {
                break;
            }
            for (Placed placed : page) {
                room -= tokens(placed.message());
                if (room < 0 && !newestFirst.isEmpty()) {
                    break;
                }
                before = placed.pos();
                newestFirst.add(turn(placed.message()));
            }
        }
        return new Prompt(turn.model().system(), oldestFirst(newestFirst), turn.reasoningEffort());
    }

    private static List<Prompt.Turn> oldestFirst(List<Prompt.Turn> turns) {
        Collections.reverse(turns);
        int firstUser = 0;
        while (firstUser < turns.size() - 1 && turns.get(firstUser).role() != Role.USER) {
            firstUser++;
        }
        return turns.subList(firstUser, turns.size()).stream()
                .filter(turn -> !turn.parts().isEmpty())
                .toList();
    }

    private static Prompt.Turn turn(Message message) {
        return new Prompt.Turn(message.role(), Part.list(message.parts()));
    }

    private static int tokens(Message message) {
        int bytes = message.parts().text().getBytes(StandardCharsets.UTF_8).length;
        int files = 0;
        for (Part part : Part.list(message.parts())) {
            if (part instanceof Part.File(var mediaType, String url, var filename)) {
                bytes -= url.length();
                files++;
            }
        }
        return bytes / BYTES_PER_TOKEN + 1 + files * FILE_TOKENS;
    }

    private static int tokens(@Nullable String text) {
        return text == null ? 0 : text.getBytes(StandardCharsets.UTF_8).length / BYTES_PER_TOKEN + 1;
    }
}
