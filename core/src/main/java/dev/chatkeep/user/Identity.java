package dev.chatkeep.user;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.TextInput;

/// How a user is known outside: the address of a wallet, or the subject of a token's issuer. Unique over all
/// users.
///
/// @param issuer `solana` or `eip155` for a wallet; else the issuer's URL
/// @param subject the address (of `eip155` in lower case), or the token's subject
public record Identity(String issuer, String subject) {

    /// The CAIP-2 namespaces of wallets.
    public static final String SOLANA = "solana";

    public static final String EIP155 = "eip155";

    private static final int ISSUER_LENGTH = 512;
    private static final int SUBJECT_LENGTH = 255;

    /// @throws Invalid naming `issuer` or `subject` when it is empty, longer than 512 or 255 characters, or
    ///     not text
    public Identity {
        check("issuer", issuer, ISSUER_LENGTH);
        check("subject", subject, SUBJECT_LENGTH);
    }

    private static void check(String field, String text, int length) {
        if (text.isEmpty()) {
            throw Invalid.field(field, "Must not be empty.");
        }
        TextInput.check(field, text, length);
    }

    /// What stands for it among what was revoked.
    String hash() {
        return Hashes.sha256(issuer + '\n' + subject);
    }

    public boolean isWallet() {
        return isChain(issuer);
    }

    /// Whether an issuer of this name is a chain of wallets.
    public static boolean isChain(String issuer) {
        return issuer.equals(SOLANA) || issuer.equals(EIP155);
    }
}
