package dev.chatkeep.web;

import dev.chatkeep.run.Models;
import dev.chatkeep.run.Replies;
import dev.chatkeep.run.Turn;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/// `/api/chat`: asks a model and streams its answer, which is stored whoever is listening.
@RestController
@RequestMapping("/api/chat")
final class ReplyController {

    private static final Logger LOG = LoggerFactory.getLogger(ReplyController.class);

    private final Cashier cashier;
    private final Models models;

    ReplyController(Cashier cashier, Models models) {
        this.cashier = cashier;
        this.models = models;
    }

    @PostMapping
    void answer(@AuthenticationPrincipal CurrentUser user, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        Turn turn =
                ChatBody.read(request).turn(user.id(), models, model -> cashier.charge(model, request.getRemoteAddr()));
        Optional<Replies.Answer> answer = cashier.answer(turn, request, response);
        if (answer.isPresent()) {
            write(response, answer.get());
        }
    }

    private static void write(HttpServletResponse response, Replies.Answer answer) {
        response.setHeader("X-Chat-Id", answer.chatId());
        try {
            SseWriter.write(response, answer.log());
        } catch (IOException gone) {
            LOG.debug("a reader of message {} is gone", answer.messageId(), gone);
        }
    }
}
