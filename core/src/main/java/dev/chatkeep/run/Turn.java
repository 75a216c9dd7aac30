package dev.chatkeep.run;

import dev.chatkeep.message.NewMessage;
import dev.chatkeep.payment.Charge;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What a user asks of one model, in a chat that is made when there is none of this id.
///
/// @param ifRunning what happens to an answer that is being written where this turn would go; null: it is
///     stopped when
///     a new message names it, or its question, as what stands before it, since its sender saw that answer as
///     over,
///     and is in the way otherwise
/// @param key names what is asked, so that asking it again finds the same run; null: it is named by what it
///     asks
public record Turn(
        UUID userId,
        String chatId,
        boolean tellChatId,
        Ask ask,
        Model model,
        @Nullable ReasoningEffort reasoningEffort,
        @Nullable String sandboxId,
        Charge charge,
        @Nullable IfRunning ifRunning,
        @Nullable String key) {

    /// This turn once it has begun: what it asks is stored, and need not be held while it is answered.
    Turn begun() {
        return new Turn(
                userId,
                chatId,
                tellChatId,
                new Ask.Regenerate(null, null, null),
                model,
                reasoningEffort,
                sandboxId,
                charge,
                ifRunning,
                key);
    }

    /// A message at the end of a chat, at no charge.
    public static Turn of(UUID userId, String chatId, NewMessage message, Model model) {
        return new Turn(
                userId,
                chatId,
                false,
                new Ask.Send(message, Ask.Parent.TIP),
                model,
                null,
                null,
                Charge.NOTHING,
                null,
                null);
    }
}
