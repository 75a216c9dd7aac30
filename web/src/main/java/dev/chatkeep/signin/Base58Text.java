package dev.chatkeep.signin;

import org.apache.commons.codec.binary.Base58;

/// Bytes as Bitcoin and Solana write them.
final class Base58Text {

    /// Longer than the 64 bytes of a signature ever get; decoding takes time quadratic in the length.
    private static final int LONGEST = 90;

    private Base58Text() {}

    /// The bytes of a text that is the one way to write them.
    ///
    /// @throws SignInRefused for any other
    static byte[] decode(String text) {
        if (text.isEmpty() || text.length() > LONGEST) {
            throw new SignInRefused("not base58, or too long");
        }
        try {
            byte[] bytes = new Base58().decode(text);
            if (!new Base58().encodeToString(bytes).equals(text)) {
                throw new SignInRefused("not the base58 of its bytes");
            }
            return bytes;
        } catch (IllegalArgumentException malformed) {
            throw new SignInRefused("not base58", malformed);
        }
    }
}
