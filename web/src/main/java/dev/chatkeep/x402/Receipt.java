package dev.chatkeep.x402;

import dev.chatkeep.db.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// That a payment is settled, as its payer is told: a header of the answer.
///
/// @param version of x402 that the payer speaks
public record Receipt(int version, Json settled) {

    private static final List<String> FIELDS = List.of("success", "transaction", "network", "payer");

    /// The header's name.
    public String header() {
        return version == 1 ? "X-PAYMENT-RESPONSE" : "PAYMENT-RESPONSE";
    }

    /// Its value: of what the facilitator said, what the payer knows anyway.
    public String value() {
        JsonNode answer = settled.tree();
        ObjectNode told = JsonNodeFactory.instance.objectNode();
        for (String field : FIELDS) {
            if (answer.has(field)) {
                told.set(field, answer.path(field));
            }
        }
        return Base64.getEncoder().encodeToString(Json.of(told).text().getBytes(StandardCharsets.UTF_8));
    }
}
