package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.Ids;
import dev.chatkeep.JsonInput;
import dev.chatkeep.chat.ChatPatch;
import dev.chatkeep.db.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The body of `POST /api/chats`: an id, if the client chooses it, and what a patch may set.
record NewChatBody(String id, ChatPatch fields) {

    static NewChatBody read(byte[] body) {
        JsonNode json = body.length == 0 ? Json.MAPPER.createObjectNode() : JsonInput.read("", body);
        if (!(json instanceof ObjectNode object)) {
            throw new Invalid("malformed_json", null, "The body is an object.");
        }
        JsonNode id = object.remove("id");
        if (id != null && !id.isString()) {
            throw Invalid.field("id", "A string.");
        }
        String checked = id == null ? Ids.make() : Ids.checkChat("id", id.stringValue());
        return new NewChatBody(checked, PatchBody.fields(object));
    }
}
