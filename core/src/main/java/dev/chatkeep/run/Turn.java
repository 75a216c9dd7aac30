package dev.chatkeep.run;

import dev.chatkeep.message.NewMessage;
import dev.chatkeep.payment.Charge;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What a user asks: one message, to be answered by one model, in a chat that is made when there is none of
/// this id.
public record Turn(
        UUID userId,
        String chatId,
        boolean tellChatId,
        NewMessage message,
        Model model,
        @Nullable ReasoningEffort reasoningEffort,
        @Nullable String sandboxId,
        Charge charge) {

    /// Names what is asked, so that asking it again finds the same run.
    public String key() {
        return message.id();
    }
}
