package dev.chatkeep.run;

import dev.chatkeep.message.NewMessage;
import dev.chatkeep.payment.Charge;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What a user asks of one model, in a chat that is made when there is none of this id.
///
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
        @Nullable String key) {

    /// A message at the end of a chat, at no charge.
    public static Turn of(UUID userId, String chatId, NewMessage message, Model model) {
        return new Turn(userId, chatId, false, new Ask.Send(message, null), model, null, null, Charge.NOTHING, null);
    }
}
