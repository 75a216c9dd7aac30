package dev.chatkeep.x402;

import dev.chatkeep.db.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What a 402 says: version 2 of x402 in a header, version 1 in the body, so that the clients of both pay.
public final class PaymentDue {

    private final String resource;
    private final List<ObjectNode> v2;
    private final List<ObjectNode> v1;

    private PaymentDue(String resource, List<ObjectNode> v2, List<ObjectNode> v1) {
        this.resource = resource;
        this.v2 = v2;
        this.v1 = v1;
    }

    static PaymentDue of(String resource, List<Requirements> v2, List<Requirements> v1) {
        return new PaymentDue(
                resource,
                v2.stream().map(Requirements::v2).toList(),
                v1.stream().flatMap(one -> one.v1().stream()).toList());
    }

    /// Whether anything can be paid at all.
    public boolean isPayable() {
        return Stream.concat(v2.stream(), v1.stream()).findAny().isPresent();
    }

    /// The value of `PAYMENT-REQUIRED`.
    ///
    /// @param error a word on what is missing, or wrong with what came
    public String header(String error) {
        ObjectNode json = document(2, v2, error);
        json.putObject("resource")
                .put("url", resource)
                .put("description", Requirements.DESCRIPTION)
                .put("mimeType", Requirements.MIME_TYPE);
        return Base64.getEncoder().encodeToString(Json.of(json).text().getBytes(StandardCharsets.UTF_8));
    }

    /// The body, to which whatever else an error says may be added.
    public ObjectNode body(String error) {
        return document(1, v1, error);
    }

    private static ObjectNode document(int version, List<ObjectNode> accepted, String error) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("x402Version", version)
                .put("error", error);
        ArrayNode accepts = json.putArray("accepts");
        accepted.forEach(accepts::add);
        return json;
    }
}
