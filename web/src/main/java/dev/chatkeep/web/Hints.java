package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException;
import dev.chatkeep.ChatkeepException.Gone;
import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.Unauthenticated;

/// What a refusal says to a client of this API: the words of the core, and which request helps.
final class Hints {

    private Hints() {}

    static String detail(ChatkeepException refusal) {
        String words = refusal.getMessage() == null ? refusal.code() : refusal.getMessage();
        return switch (refusal) {
            case Gone gone -> "This chat was deleted. POST /api/chats/" + gone.chatId() + "/restore brings it back.";
            case Unauthenticated _
            when refusal.code().equals("unauthenticated") ->
                "Sign in first: send a session token as Authorization: Bearer.";
            case Invalid _ when refusal.code().equals("unknown_model") -> words + " GET /api/models lists them.";
            default -> words;
        };
    }
}
