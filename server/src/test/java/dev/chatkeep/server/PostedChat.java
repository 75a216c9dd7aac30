package dev.chatkeep.server;

import dev.chatkeep.db.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The body of `POST /api/chat`, as a page posts what it shows.
final class PostedChat {

    private final ObjectNode body = Json.MAPPER.createObjectNode();
    private final ArrayNode messages = body.putArray("messages");

    private PostedChat(String chatId, String trigger) {
        body.put("id", chatId).put("trigger", trigger);
    }

    static PostedChat submit(String chatId) {
        return new PostedChat(chatId, "submit-message");
    }

    static PostedChat regenerate(String chatId) {
        return new PostedChat(chatId, "regenerate-message");
    }

    PostedChat user(String id, String text) {
        return message(id, "user", text);
    }

    PostedChat assistant(String id, String text) {
        return message(id, "assistant", text);
    }

    private PostedChat message(String id, String role, String text) {
        ObjectNode message = messages.addObject().put("id", id).put("role", role);
        message.putArray("parts").addObject().put("type", "text").put("text", text);
        return this;
    }

    PostedChat with(String field, @Nullable String value) {
        body.put(field, value);
        return this;
    }

    /// Posts it, and reads the answer to its end.
    Api.Answer post(Api api) {
        return api.post("/api/chat", body.toString());
    }

    /// The id of the answer, which is read to its end.
    String answer(Api api) {
        return Api.chunks(post(api)).getFirst().path("messageId").stringValue();
    }

    @Override
    public String toString() {
        return body.toString();
    }

    /// What a chat shows, as `role: text` or `role (status): text`.
    static List<String> shown(Api api, String chatId) {
        var shown = new ArrayList<String>();
        api.chat(chatId).path("messages").forEach(message -> {
            String status = message.path("status").stringValue();
            String text = message.path("parts")
                    .valueStream()
                    .map(part -> part.path("text").asString(""))
                    .reduce("", String::concat);
            shown.add(message.path("role").stringValue() + (status.equals("complete") ? "" : " (" + status + ")") + ": "
                    + text);
        });
        return shown;
    }
}
