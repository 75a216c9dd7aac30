package dev.chatkeep.server;

import dev.chatkeep.db.Json;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;
import org.apache.commons.codec.binary.Base58;
import tools.jackson.databind.JsonNode;

/// A Solana wallet. Those that people really use are in `wallets.mjs`.
record TestWallet(KeyPair keys) {

    static final String DOMAIN = "app.example.com";

    private static final int KEY_BYTES = 32;

    static TestWallet make() {
        try {
            return new TestWallet(KeyPairGenerator.getInstance("Ed25519").generateKeyPair());
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    String address() {
        byte[] encoded = keys.getPublic().getEncoded();
        return new Base58().encodeToString(Arrays.copyOfRange(encoded, encoded.length - KEY_BYTES, encoded.length));
    }

    /// The body of a sign-in, good once.
    String proof(String url) {
        JsonNode nonce = new Api(url, "").post("/api/auth/nonce", "").json();
        String message = """
                %1$s wants you to sign in with your Solana account:
                %2$s

                URI: https://%1$s
                Version: 1
                Chain ID: mainnet
                Nonce: %3$s
                Issued At: %4$s""".formatted(
                        DOMAIN,
                        address(),
                        nonce.path("nonce").stringValue(),
                        nonce.path("issuedAt").stringValue());
        return Json.MAPPER
                .createObjectNode()
                .put("chain", "solana")
                .put("message", message)
                .put("signature", sign(message))
                .toString();
    }

    /// Signed in as this wallet's user.
    Api signIn(String url) {
        JsonNode answer = new Api(url, "").post("/api/auth/login", proof(url)).json();
        return new Api(url, answer.path("sessionToken").stringValue());
    }

    /// A signature of these words, in base58.
    String sign(String message) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(keys.getPrivate());
            signature.update(message.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            return new Base58().encodeToString(signature.sign());
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
