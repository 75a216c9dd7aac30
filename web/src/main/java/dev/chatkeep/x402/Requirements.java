package dev.chatkeep.x402;

import dev.chatkeep.db.Json;
import dev.chatkeep.payment.Offer.Terms;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What is asked for on one network, in the words of both versions. Made by the server, and what a facilitator is
/// told: never what a client says it was asked for.
///
/// @param extra what else the facilitator wants said, such as Solana's `feePayer`
record Requirements(PaymentNetwork network, BigDecimal price, String resource, Map<String, JsonNode> extra) {

    static final String DESCRIPTION = "An answer of a model.";
    static final String MIME_TYPE = "text/event-stream";
    private static final String SCHEME = "exact";

    /// A payment is signed, sent and settled within this.
    private static final int SECONDS = 300;

    ObjectNode v2() {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("scheme", SCHEME)
                .put("network", network.id())
                .put("amount", amount())
                .put("asset", network.asset())
                .put("payTo", network.payTo())
                .put("maxTimeoutSeconds", SECONDS);
        json.set("extra", extraJson());
        return json;
    }

    /// Empty for a network that version 1 has no name for.
    Optional<ObjectNode> v1() {
        String name = network.nameInV1();
        if (name == null) {
            return Optional.empty();
        }
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("scheme", SCHEME)
                .put("network", name)
                .put("maxAmountRequired", amount())
                .put("resource", resource)
                .put("description", DESCRIPTION)
                .put("mimeType", MIME_TYPE)
                .put("payTo", network.payTo())
                .put("maxTimeoutSeconds", SECONDS)
                .put("asset", network.asset());
        json.set("extra", extraJson());
        return Optional.of(json);
    }

    /// The same, to be written down.
    Terms terms(int version) {
        ObjectNode json = version == 1 ? v1().orElseThrow() : v2();
        return new Terms(version, network.id(), network.asset(), network.payTo(), network.atomic(price), Json.of(json));
    }

    private String amount() {
        return network.atomic(price).toString();
    }

    private ObjectNode extraJson() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        if (network.name() != null) {
            json.put("name", network.name());
        }
        if (network.version() != null) {
            json.put("version", network.version());
        }
        extra.forEach(json::set);
        return json;
    }
}
