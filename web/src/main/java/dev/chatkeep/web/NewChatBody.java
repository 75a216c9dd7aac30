package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.Ids;
import dev.chatkeep.JsonInput;
import dev.chatkeep.chat.ChatPatch;
import dev.chatkeep.db.Json;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The body of `POST /api/chats`: an id, if the client chooses it, and what a patch may set.
record NewChatBody(String id, ChatPatch fields) {

    private static final List<String> FIELDS =
            Stream.concat(Stream.of("id"), PatchBody.FIELDS.stream()).toList();

    static NewChatBody read(byte[] body) {
        ObjectNode object =
                body.length == 0 ? Json.MAPPER.createObjectNode() : JsonBody.object(JsonInput.read("", body));
        JsonBody.check(object, FIELDS);
        JsonNode id = object.path("id");
        if (!id.isMissingNode() && !id.isString()) {
            throw Invalid.field("id", "A string.");
        }
        String checked = id.isMissingNode() ? Ids.make() : Ids.checkChat("id", id.stringValue());
        return new NewChatBody(checked, PatchBody.fields(object));
    }
}
