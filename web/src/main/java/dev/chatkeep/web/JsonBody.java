package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.JsonInput;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The body of a request as one JSON object. A field that the route does not take is refused: what a client believes
/// to have set would otherwise be lost without a word.
final class JsonBody {

    private JsonBody() {}

    /// @throws Invalid for anything but an object with these fields, each of which may be missing
    static ObjectNode read(byte[] body, String... fields) {
        ObjectNode object = object(JsonInput.read("", body));
        check(object, List.of(fields));
        return object;
    }

    /// @throws Invalid for anything but an object
    static ObjectNode object(JsonNode json) {
        if (json instanceof ObjectNode object) {
            return object;
        }
        throw new Invalid("malformed_json", null, "The body is a JSON object.");
    }

    /// @throws Invalid naming a field that is none of these
    static void check(ObjectNode object, List<String> accepted) {
        for (String field : object.propertyNames()) {
            if (!accepted.contains(field)) {
                throw Invalid.field(
                        field, "There is no such field. The body takes " + String.join(", ", accepted) + ".");
            }
        }
    }
}
