package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.Ids;
import dev.chatkeep.message.History;
import dev.chatkeep.message.Message;
import dev.chatkeep.message.MessageInput;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.web.Paging.Names;
import dev.chatkeep.web.Paging.Pagination;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// `/api/chats/{id}/messages`: a chat's messages, read and written without a model.
@RestController
@RequestMapping("/api/chats/{id}/messages")
final class MessageController {

    private static final Names PAGE = new Names("limit", "offset", "cursor");
    private static final int MESSAGES = 100;

    private final Chatkeep chatkeep;

    MessageController(Chatkeep chatkeep) {
        this.chatkeep = chatkeep;
    }

    record MessagesAnswer(boolean success, List<Message> messages, Pagination pagination) {}

    record MessageAnswer(boolean success, Message message) {}

    record StoredAnswer(boolean success, int stored, List<String> ids) {}

    record DeletedAnswer(boolean success, int deleted) {}

    @GetMapping
    MessagesAnswer list(
            @AuthenticationPrincipal CurrentUser user,
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String limit,
            @RequestParam(required = false) @Nullable String offset,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable String order,
            @RequestParam(required = false) @Nullable String last) {
        Paging page = Paging.of(PAGE, limit, offset, order, last, MESSAGES);
        History history = chatkeep.messages().history(user.id(), Ids.check("id", id), page.of(order, "cursor", cursor));
        return new MessagesAnswer(true, history.messages(), page.of(history));
    }

    /// Writes 1 to 100 messages, all of them or none.
    @PostMapping
    StoredAnswer append(
            @AuthenticationPrincipal CurrentUser user, @PathVariable String id, HttpServletRequest request) {
        List<NewMessage> messages = messages(Body.bytes(request, Body.MESSAGES_BYTES));
        int stored = chatkeep.messages().append(user.id(), Ids.check("id", id), messages);
        return new StoredAnswer(
                true, stored, messages.stream().map(NewMessage::id).toList());
    }

    @GetMapping("/{messageId}")
    MessageAnswer get(
            @AuthenticationPrincipal CurrentUser user, @PathVariable String id, @PathVariable String messageId) {
        return new MessageAnswer(
                true, chatkeep.messages().get(user.id(), Ids.check("id", id), Ids.check("messageId", messageId)));
    }

    @DeleteMapping("/{messageId}")
    DeletedAnswer delete(
            @AuthenticationPrincipal CurrentUser user, @PathVariable String id, @PathVariable String messageId) {
        chatkeep.messages().delete(user.id(), Ids.check("id", id), Ids.check("messageId", messageId));
        return new DeletedAnswer(true, 1);
    }

    @DeleteMapping
    DeletedAnswer deleteAll(@AuthenticationPrincipal CurrentUser user, @PathVariable String id) {
        return new DeletedAnswer(true, chatkeep.messages().deleteAll(user.id(), Ids.check("id", id)));
    }

    private static List<NewMessage> messages(byte[] body) {
        return MessageInput.list("messages", JsonBody.read(body, "messages").path("messages"));
    }
}
