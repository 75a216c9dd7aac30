package dev.chatkeep.user;

/// How a user is known outside: the address of a wallet, or the subject of a token's issuer. Unique over all
/// users.
///
/// @param issuer `solana` or `eip155` for a wallet; else the issuer's URL
/// @param subject the address (of `eip155` in lower case), or the token's subject
public record Identity(String issuer, String subject) {

    /// The CAIP-2 namespaces of wallets.
    public static final String SOLANA = "solana";

    public static final String EIP155 = "eip155";

    /// What stands for it among what was revoked.
    String hash() {
        return Hashes.sha256(issuer + '\n' + subject);
    }

    public boolean isWallet() {
        return issuer.equals(SOLANA) || issuer.equals(EIP155);
    }
}
