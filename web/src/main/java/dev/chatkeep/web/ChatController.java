package dev.chatkeep.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.chatkeep.Chatkeep;
import dev.chatkeep.Cursor;
import dev.chatkeep.Ids;
import dev.chatkeep.chat.Chat;
import dev.chatkeep.chat.ChatFilter;
import dev.chatkeep.chat.ChatFilter.Status;
import dev.chatkeep.chat.ChatList;
import dev.chatkeep.chat.ChatStats;
import dev.chatkeep.chat.Chats.FoundOrCreated;
import dev.chatkeep.message.History;
import dev.chatkeep.message.Message;
import dev.chatkeep.web.Paging.Names;
import dev.chatkeep.web.Paging.Pagination;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// `/api/chats`: the user's chats, and one of them with its messages.
@RestController
@RequestMapping("/api/chats")
final class ChatController {

    private static final Names CHAT_PAGE = new Names("limit", "offset", "cursor");
    private static final Names MESSAGE_PAGE = new Names("messageLimit", "messageOffset", "messageCursor");
    private static final int CHATS = 50;
    private static final int MESSAGES = 100;
    private static final Duration RECENT = Duration.ofHours(24);

    private final Chatkeep chatkeep;
    private final InstantSource clock;

    ChatController(Chatkeep chatkeep, InstantSource clock) {
        this.chatkeep = chatkeep;
        this.clock = clock;
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ChatsAnswer(
            boolean success, List<Chat> chats, @Nullable ChatStats stats, Pagination pagination) {}

    record HistoryAnswer(boolean success, Chat chat, List<Message> messages, Pagination pagination) {}

    record ChatAnswer(boolean success, Chat chat) {}

    record DoneAnswer(boolean success, String message) {}

    @GetMapping
    ChatsAnswer list(
            @AuthenticationPrincipal CurrentUser user,
            @RequestParam(required = false) @Nullable String search,
            @RequestParam(required = false) @Nullable String status,
            @RequestParam(required = false) @Nullable String modelId,
            @RequestParam(required = false) @Nullable String visibility,
            @RequestParam(required = false) @Nullable String from,
            @RequestParam(required = false) @Nullable String to,
            @RequestParam(required = false) @Nullable String limit,
            @RequestParam(required = false) @Nullable String offset,
            @RequestParam(required = false) @Nullable String cursor,
            @RequestParam(required = false) @Nullable String includeStats) {
        boolean withStats = Words.flag("includeStats", includeStats);
        ChatFilter filter = new ChatFilters(search, status, modelId, visibility, from, to).filter();
        return list(user, filter, Paging.of(CHAT_PAGE, limit, offset, CHATS), cursor, withStats);
    }

    /// The trash, what was deleted last first.
    @GetMapping("/deleted")
    ChatsAnswer deleted(
            @AuthenticationPrincipal CurrentUser user,
            @RequestParam(required = false) @Nullable String limit,
            @RequestParam(required = false) @Nullable String offset,
            @RequestParam(required = false) @Nullable String cursor) {
        ChatFilter filter = ChatFilter.of(Status.DELETED);
        return list(user, filter, Paging.of(CHAT_PAGE, limit, offset, CHATS), cursor, false);
    }

    /// What changed within the last 24 hours.
    @GetMapping("/recent")
    ChatsAnswer recent(
            @AuthenticationPrincipal CurrentUser user,
            @RequestParam(required = false) @Nullable String limit,
            @RequestParam(required = false) @Nullable String offset,
            @RequestParam(required = false) @Nullable String cursor) {
        ChatFilter filter = ChatFilter.since(clock.instant().minus(RECENT));
        return list(user, filter, Paging.of(CHAT_PAGE, limit, offset, CHATS), cursor, false);
    }

    /// Makes a chat before its first message; the chat of this id when there is one.
    @PostMapping
    ResponseEntity<ChatAnswer> create(@AuthenticationPrincipal CurrentUser user, HttpServletRequest request) {
        NewChatBody body = NewChatBody.read(Body.bytes(request));
        FoundOrCreated chat = chatkeep.chats().findOrCreate(user.id(), body.id(), body.fields());
        return answer(chat.created() ? HttpStatus.CREATED : HttpStatus.OK, chat.chat());
    }

    @GetMapping("/{id}")
    ResponseEntity<HistoryAnswer> get(
            @AuthenticationPrincipal CurrentUser user,
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String messageLimit,
            @RequestParam(required = false) @Nullable String messageOffset,
            @RequestParam(required = false) @Nullable String messageCursor,
            @RequestParam(required = false) @Nullable String order,
            @RequestParam(required = false) @Nullable String last) {
        Paging page = Paging.of(MESSAGE_PAGE, messageLimit, messageOffset, order, last, MESSAGES);
        History history = chatkeep.messages()
                .history(user.id(), Ids.check("id", id), page.of(order, "messageCursor", messageCursor));
        return ResponseEntity.ok()
                .eTag(Long.toString(history.chat().version()))
                .body(new HistoryAnswer(true, history.chat(), history.messages(), page.of(history)));
    }

    @PatchMapping("/{id}")
    ResponseEntity<ChatAnswer> update(
            @AuthenticationPrincipal CurrentUser user,
            @PathVariable String id,
            @RequestHeader(name = "If-Match", required = false) @Nullable String ifMatch,
            HttpServletRequest request) {
        var patch = PatchBody.read(Body.bytes(request));
        Long version = Words.version(ifMatch);
        return answer(HttpStatus.OK, chatkeep.chats().update(user.id(), Ids.check("id", id), patch, version));
    }

    @DeleteMapping("/{id}")
    DoneAnswer delete(@AuthenticationPrincipal CurrentUser user, @PathVariable String id) {
        chatkeep.chats().delete(user.id(), Ids.check("id", id));
        chatkeep.replies().requestStop(user.id(), id);
        return new DoneAnswer(true, "Chat deleted successfully");
    }

    @PostMapping("/{id}/restore")
    ResponseEntity<ChatAnswer> restore(@AuthenticationPrincipal CurrentUser user, @PathVariable String id) {
        return answer(HttpStatus.OK, chatkeep.chats().restore(user.id(), Ids.check("id", id)));
    }

    @DeleteMapping("/{id}/permanent")
    DoneAnswer deletePermanently(@AuthenticationPrincipal CurrentUser user, @PathVariable String id) {
        chatkeep.chats().deletePermanently(user.id(), Ids.check("id", id));
        chatkeep.replies().requestStop(user.id(), id);
        return new DoneAnswer(true, "Chat permanently deleted");
    }

    private ChatsAnswer list(
            CurrentUser user, ChatFilter filter, Paging page, @Nullable String cursor, boolean withStats) {
        Cursor after = cursor == null ? null : Cursor.decode(cursor);
        ChatList list = chatkeep.chats().list(user.id(), filter, page.limit(), after, page.offset());
        return new ChatsAnswer(true, list.chats(), withStats ? list.stats() : null, page.of(list));
    }

    static ResponseEntity<ChatAnswer> answer(HttpStatus status, Chat chat) {
        return ResponseEntity.status(status).eTag(Long.toString(chat.version())).body(new ChatAnswer(true, chat));
    }
}
