package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.run.Models;
import dev.chatkeep.run.Replies;
import dev.chatkeep.run.Turn;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
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

    private final Chatkeep chatkeep;
    private final Models models;

    ReplyController(Chatkeep chatkeep, Models models) {
        this.chatkeep = chatkeep;
        this.models = models;
    }

    @PostMapping
    void answer(@AuthenticationPrincipal CurrentUser user, HttpServletRequest request, HttpServletResponse response) {
        Turn turn = ChatBody.read(request).turn(user.id(), models);
        Replies.Answer answer = chatkeep.replies().answer(turn);
        response.setHeader("X-Chat-Id", answer.chatId());
        try {
            SseWriter.write(response, answer.log());
        } catch (IOException gone) {
            LOG.debug("a reader of message {} is gone", answer.messageId(), gone);
        }
    }
}
