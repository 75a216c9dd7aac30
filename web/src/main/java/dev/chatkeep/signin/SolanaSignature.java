package dev.chatkeep.signin;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Base64;
import java.util.Set;

/// Ed25519 signatures of Solana wallets. The JDK verifies them, but takes any key: for one of the eight points
/// of small order anyone can make a signature of any message, so those are refused here, and so is every
/// second way to write a key.
final class SolanaSignature {

    private static final int KEY_BYTES = 32;
    private static final int SIGNATURE_BYTES = 64;
    private static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));

    /// The y of a point of order 8; of its negative, the other one.
    private static final BigInteger Y_OF_ORDER_8 =
            new BigInteger("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7", 16);

    private static final Set<BigInteger> Y_OF_SMALL_ORDER =
            Set.of(BigInteger.ZERO, BigInteger.ONE, P.subtract(BigInteger.ONE), Y_OF_ORDER_8, P.subtract(Y_OF_ORDER_8));

    private SolanaSignature() {}

    /// @param address the signer's key in base58
    /// @param signature in base58, or in base64 with its padding
    /// @throws SignInRefused unless the key's owner signed these bytes
    static void verify(String address, byte[] message, String signature) {
        byte[] signed = signature.endsWith("=") ? base64(signature) : Base58Text.decode(signature);
        if (signed.length != SIGNATURE_BYTES) {
            throw new SignInRefused("the signature has not 64 bytes");
        }
        try {
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(key(Base58Text.decode(address)));
            verifier.update(message);
            if (!verifier.verify(signed)) {
                throw new SignInRefused("the signature is another's, or of another message");
            }
        } catch (GeneralSecurityException malformed) {
            throw new SignInRefused("the key or the signature is malformed", malformed);
        }
    }

    private static PublicKey key(byte[] littleEndian) throws GeneralSecurityException {
        if (littleEndian.length != KEY_BYTES) {
            throw new SignInRefused("the address has not 32 bytes");
        }
        byte[] bytes = new byte[KEY_BYTES];
        for (int i = 0; i < KEY_BYTES; i++) {
            bytes[i] = littleEndian[KEY_BYTES - 1 - i];
        }
        boolean isXOdd = bytes[0] < 0;
        bytes[0] &= 0x7f;
        BigInteger y = new BigInteger(1, bytes);
        if (y.compareTo(P) >= 0 || Y_OF_SMALL_ORDER.contains(y)) {
            throw new SignInRefused("the address is a key of small order, or not written as it should be");
        }
        return KeyFactory.getInstance("Ed25519")
                .generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, new EdECPoint(isXOdd, y)));
    }

    private static byte[] base64(String text) {
        if (text.length()
                != Base64.getEncoder().encodeToString(new byte[SIGNATURE_BYTES]).length()) {
            throw new SignInRefused("the signature has not 64 bytes");
        }
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException malformed) {
            throw new SignInRefused("the signature is not base64", malformed);
        }
    }
}
