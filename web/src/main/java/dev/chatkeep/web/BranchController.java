package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.Ids;
import dev.chatkeep.message.Branches;
import dev.chatkeep.message.Branches.Sibling;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

/// `/api/chats/{id}/branch…`: the lines of a conversation that was edited, or answered again.
@RestController
@RequestMapping("/api/chats/{id}")
final class BranchController {

    private final Branches branches;

    BranchController(Chatkeep chatkeep) {
        this.branches = chatkeep.branches();
    }

    record SiblingsAnswer(boolean success, List<Sibling> siblings) {}

    /// What stands in the place of this message on all branches.
    @GetMapping("/messages/{messageId}/siblings")
    SiblingsAnswer siblings(
            @AuthenticationPrincipal CurrentUser user, @PathVariable String id, @PathVariable String messageId) {
        return new SiblingsAnswer(
                true, branches.siblings(user.id(), Ids.check("id", id), Ids.check("messageId", messageId)));
    }

    /// Shows the line that ends on another branch.
    @PutMapping("/branch")
    ResponseEntity<ChatController.ChatAnswer> show(
            @AuthenticationPrincipal CurrentUser user, @PathVariable String id, HttpServletRequest request) {
        int branch = branch(Body.bytes(request));
        return ChatController.answer(HttpStatus.OK, branches.show(user.id(), Ids.check("id", id), branch));
    }

    /// Deletes a branch that is not shown, with those that leave it.
    @DeleteMapping("/branches/{branch}")
    MessageController.DeletedAnswer delete(
            @AuthenticationPrincipal CurrentUser user, @PathVariable String id, @PathVariable String branch) {
        return new MessageController.DeletedAnswer(
                true,
                branches.delete(
                        user.id(), Ids.check("id", id), Words.number("branch", branch, 0, Integer.MAX_VALUE, "")));
    }

    private static int branch(byte[] body) {
        JsonNode branch = JsonBody.read(body, "branch").path("branch");
        if (!branch.isInt() || branch.intValue() < 0) {
            throw Invalid.field("branch", "A branch is a whole number from 0.");
        }
        return branch.intValue();
    }
}
