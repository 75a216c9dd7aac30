package dev.chatkeep.run;

import static java.util.Objects.requireNonNull;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.Ids;
import dev.chatkeep.TextInput;
import dev.chatkeep.chat.ChatPatch;
import dev.chatkeep.message.MessageInput;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.message.Role;
import dev.chatkeep.payment.Charge;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a user asks of one model, in a chat that is made when there is none of this id.
///
/// @param ifRunning what happens to an answer that is being written where this turn would go; null: it is
///     stopped when a new message names it, or its question, as what stands before it, since its sender saw
///     that answer as over, and is in the way otherwise
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

    private static final int KEY_LENGTH = 255;

    /// @throws Invalid naming the field: an id that is none, a message of another role than `user`, one id
    ///     twice, a `sandboxId` or a `key` that is too long or not text
    public Turn {
        requireNonNull(userId, "userId");
        requireNonNull(chatId, "chatId");
        requireNonNull(ask, "ask");
        requireNonNull(model, "model");
        requireNonNull(charge, "charge");
        Ids.checkChat("chatId", chatId);
        check(ask);
        if (sandboxId != null) {
            TextInput.check("sandboxId", sandboxId, ChatPatch.SANDBOX_ID_LENGTH);
        }
        if (key != null) {
            TextInput.check("key", key, KEY_LENGTH);
        }
    }

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

    private static void check(Ask ask) {
        switch (ask) {
            case Ask.Send send -> check(send);
            case Ask.Edit(Ask.Send message) -> check(message);
            case Ask.Regenerate regenerate -> {
                checkId("messageId", regenerate.messageId());
                checkId("lastId", regenerate.lastId());
                if (regenerate.last() != null) {
                    check(regenerate.last());
                }
            }
        }
    }

    private static void check(Ask.Send send) {
        List<NewMessage> said =
                Stream.concat(send.unsent().stream(), Stream.of(send.message())).toList();
        MessageInput.checkList("unsent", said);
        if (said.stream().anyMatch(message -> message.role() != Role.USER)) {
            throw Invalid.field("message.role", "Only messages of the role user are answered.");
        }
        if (send.parent() instanceof Ask.Parent.Message(String id)) {
            Ids.check("parentId", id);
        }
    }

    private static void checkId(String field, @Nullable String id) {
        if (id != null) {
            Ids.check(field, id);
        }
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
