package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.JsonInput;
import dev.chatkeep.user.Identity;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What someone brings to prove who they are.
sealed interface SignInBody {

    /// @param message what the wallet says it signed
    record Wallet(String chain, String message, String signature) implements SignInBody {}

    record Token(String text) implements SignInBody {}

    /// A token of an issuer, or a wallet's message.
    static SignInBody read(byte[] body) {
        ObjectNode json = JsonBody.object(JsonInput.read("", body));
        if (!json.has("token")) {
            return wallet(json);
        }
        JsonBody.check(json, List.of("token"));
        return new Token(text(json, "token"));
    }

    /// A wallet's message, as text or, as wallets give it that wrote it themselves, as its bytes in base64.
    static Wallet readWallet(byte[] body) {
        return wallet(JsonBody.object(JsonInput.read("", body)));
    }

    private static Wallet wallet(ObjectNode json) {
        JsonBody.check(json, List.of("chain", "message", "signedMessage", "signature"));
        String chain = text(json, "chain");
        if (!Set.of(Identity.SOLANA, Identity.EIP155).contains(chain)) {
            throw Invalid.field("chain", "Either \"solana\" or \"eip155\".");
        }
        if (json.has("message") == json.has("signedMessage")) {
            throw Invalid.field("message", "Either message, a text, or signedMessage, its bytes in base64.");
        }
        String message = json.has("message") ? text(json, "message") : decoded(text(json, "signedMessage"));
        return new Wallet(chain, message, text(json, "signature"));
    }

    /// Strictly, so that the text's UTF-8 is the very bytes that were signed.
    private static String decoded(String base64) {
        try {
            byte[] bytes = Base64.getDecoder().decode(base64);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (IllegalArgumentException | CharacterCodingException malformed) {
            Invalid invalid = Invalid.field("signedMessage", "A text's UTF-8 in base64.");
            invalid.initCause(malformed);
            throw invalid;
        }
    }

    private static String text(JsonNode json, String field) {
        JsonNode value = json.path(field);
        if (!value.isString() || value.stringValue().isEmpty()) {
            throw Invalid.field(field, "A text.");
        }
        return value.stringValue();
    }
}
