package dev.chatkeep.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.chatkeep.Chatkeep;
import dev.chatkeep.Ids;
import dev.chatkeep.message.Status;
import dev.chatkeep.run.Models;
import dev.chatkeep.run.Replies;
import dev.chatkeep.run.Turn;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/// `/api/chat`: asks a model and streams its answer, which is stored whoever is listening; goes on reading it,
/// and stops it, on any server.
@RestController
@RequestMapping("/api/chat")
final class ReplyController {

    private static final Logger LOG = LoggerFactory.getLogger(ReplyController.class);

    private final Cashier cashier;
    private final Replies replies;
    private final Models models;
    private final Readers readers;
    private final ReadBudget reads;

    ReplyController(Cashier cashier, Chatkeep chatkeep, Models models, ApiSettings settings, ReadBudget reads) {
        this.reads = reads;
        this.cashier = cashier;
        this.replies = chatkeep.replies();
        this.models = models;
        this.readers = new Readers(settings.limits().streams());
    }

    @PostMapping
    void answer(
            @AuthenticationPrincipal CurrentUser user,
            @RequestHeader(name = "Idempotency-Key", required = false) @Nullable String key,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException {
        Turn turn = ChatBody.read(request)
                .turn(user.id(), models, model -> cashier.charge(model, request.getRemoteAddr()), key);
        Body.release(request);
        try (Readers.Stream _ = readers.open(user.id())) {
            Optional<Replies.Answer> answer = cashier.answer(turn, request, response);
            if (answer.isPresent()) {
                write(response, answer.get());
            }
        }
    }

    /// The answer that is being written in this chat, from its beginning and on as it is written. 204 when
    /// there is none: a client asks for every chat it shows.
    @GetMapping("/{id}/stream")
    void resume(@AuthenticationPrincipal CurrentUser user, @PathVariable String id, HttpServletResponse response) {
        String chat = Ids.check("id", id);
        try (Readers.Stream _ = readers.open(user.id())) {
            Optional<Replies.Answer> answer = replies.resume(user.id(), chat);
            if (answer.isPresent()) {
                write(response, answer.get());
            } else {
                response.setStatus(HttpServletResponse.SC_NO_CONTENT);
            }
        }
    }

    /// @param stopped whether there was an answer to stop
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record StopAnswer(
            boolean success,
            boolean stopped,
            @Nullable String messageId,
            @Nullable Status status) {}

    /// Ends the answer that is being written in this chat, whichever server writes it: the shown one, or the
    /// one that is named. When this answers, what was said is stored.
    @PostMapping("/{id}/stop")
    StopAnswer stop(
            @AuthenticationPrincipal CurrentUser user,
            @PathVariable String id,
            @RequestParam(required = false) @Nullable String messageId) {
        String message = messageId == null ? null : Ids.check("messageId", messageId);
        return replies.stop(user.id(), Ids.check("id", id), message)
                .map(end -> new StopAnswer(true, true, end.messageId(), end.status()))
                .orElseGet(() -> new StopAnswer(true, false, null, null));
    }

    private void write(HttpServletResponse response, Replies.Answer answer) {
        try (ReadBudget.Held _ = reads.hold(answer.reader().ownBytes())) {
            response.setHeader("X-Chat-Id", answer.chatId());
            SseWriter.write(response, answer.reader());
        } catch (IOException gone) {
            LOG.debug("a reader of message {} is gone", answer.messageId(), gone);
        }
    }
}
