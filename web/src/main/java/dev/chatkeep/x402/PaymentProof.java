package dev.chatkeep.x402;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.JsonInput;
import dev.chatkeep.db.Json;
import dev.chatkeep.user.Hashes;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// What a client sends to pay: the header of x402 version 2 (`PAYMENT-SIGNATURE`) or 1 (`X-PAYMENT`), read as far as
/// the server must know it. Whether it is good is for the facilitator to say.
final class PaymentProof {

    private static final int SIGNATURE_BYTES = 64;

    private final int version;
    private final JsonNode payload;

    private PaymentProof(int version, JsonNode payload) {
        this.version = version;
        this.payload = payload;
    }

    /// @throws PaymentRefused for a header that cannot be read
    static PaymentProof read(int version, String header) throws PaymentRefused {
        JsonNode payload;
        try {
            payload = JsonInput.read("payment", Base64.getDecoder().decode(header.strip()));
        } catch (IllegalArgumentException | Invalid unreadable) {
            throw new PaymentRefused("invalid_payload", unreadable);
        }
        if (!payload.isObject() || payload.path("x402Version").asInt(0) != version) {
            throw new PaymentRefused("invalid_x402_version");
        }
        return new PaymentProof(version, payload);
    }

    int version() {
        return version;
    }

    /// All of it, as the facilitator gets it.
    Json payload() {
        return Json.of(payload);
    }

    /// The requirements that this pays for: of version 2 those that the client says it accepted, to the letter; of
    /// version 1, whose clients do not say, those of its network.
    Optional<Requirements> among(List<Requirements> asked) {
        return asked.stream()
                .filter(one -> version == 1
                        ? one.v1()
                                .filter(json -> json.path("network").equals(payload.path("network"))
                                        && json.path("scheme").equals(payload.path("scheme")))
                                .isPresent()
                        : one.v2().equals(payload.path("accepted")))
                .findFirst();
    }

    /// What makes this authorization one of a kind on its network: the payer's nonce (EIP-3009), or the message of
    /// the transaction, whatever signatures are around it.
    ///
    /// @throws PaymentRefused when it has neither
    String nonce(PaymentNetwork network) throws PaymentRefused {
        return network.isEvm() ? evmNonce() : solanaNonce();
    }

    /// The payer that the authorization names, in lower case; of EVM networks only.
    Optional<String> authorizer() {
        return text(payload.path("payload").path("authorization").path("from"))
                .map(from -> from.toLowerCase(Locale.ROOT));
    }

    private String evmNonce() throws PaymentRefused {
        Optional<String> nonce =
                text(payload.path("payload").path("authorization").path("nonce"));
        if (nonce.isEmpty() || authorizer().isEmpty()) {
            throw new PaymentRefused("invalid_payload");
        }
        return authorizer().orElseThrow() + " " + nonce.orElseThrow().toLowerCase(Locale.ROOT);
    }

    private String solanaNonce() throws PaymentRefused {
        try {
            byte[] transaction = Base64.getDecoder()
                    .decode(text(payload.path("payload").path("transaction")).orElse(""));
            // A count below 128 is one byte; a transaction has no room for as many signatures.
            int message = 1 + transaction[0] * SIGNATURE_BYTES;
            return Hashes.sha256(HexFormat.of().formatHex(transaction, message, transaction.length));
        } catch (IllegalArgumentException | IndexOutOfBoundsException unreadable) {
            throw new PaymentRefused("invalid_payload", unreadable);
        }
    }

    private static Optional<String> text(@Nullable JsonNode node) {
        return node != null && node.isString() ? Optional.of(node.stringValue()) : Optional.empty();
    }
}
