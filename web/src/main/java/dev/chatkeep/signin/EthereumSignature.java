package dev.chatkeep.signin;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.digests.KeccakDigest;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECAlgorithms;
import org.bouncycastle.math.ec.ECPoint;

/// Signatures of Ethereum wallets by `personal_sign` (EIP-191) of a key. Wallets that are contracts sign in
/// another way (EIP-1271), which only a node of their chain can verify: they are refused.
final class EthereumSignature {

    private static final Pattern ADDRESS = Pattern.compile("0x[0-9a-fA-F]{40}");
    private static final Pattern SIGNATURE = Pattern.compile("0x[0-9a-fA-F]{130}");
    private static final X9ECParameters CURVE = CustomNamedCurves.getByName("secp256k1");
    private static final BigInteger HALF = CURVE.getN().shiftRight(1);
    private static final int WORD = 32;
    private static final int ADDRESS_BYTES = 20;

    private EthereumSignature() {}

    /// @param address of the signer; in mixed case its checksum (EIP-55) must be right
    /// @param signature `0x`, r, s and v in hex
    /// @return the address in lower case
    /// @throws SignInRefused unless this address signed these bytes
    static String verify(String address, byte[] message, String signature) {
        if (!ADDRESS.matcher(address).matches() || !isChecksumRight(address.substring(2))) {
            throw new SignInRefused("the address is malformed, or its checksum wrong");
        }
        String known = address.toLowerCase(Locale.ROOT);
        if (!signer(hash(message), signature).equals(known)) {
            throw new SignInRefused("the signature is another's, or of another message");
        }
        return known;
    }

    private static byte[] hash(byte[] message) {
        String prefix = "\u0019Ethereum Signed Message:\n" + message.length;
        return keccak(prefix.getBytes(StandardCharsets.UTF_8), message);
    }

    /// The address whose key made this signature of the hash: public-key recovery as in SEC 1, 4.1.6.
    private static String signer(byte[] hash, String signature) {
        if (!SIGNATURE.matcher(signature).matches()) {
            throw new SignInRefused("the signature has not 65 bytes in hex");
        }
        byte[] bytes = HexFormat.of().parseHex(signature, 2, signature.length());
        BigInteger r = new BigInteger(1, bytes, 0, WORD);
        BigInteger s = new BigInteger(1, bytes, WORD, WORD);
        boolean isOdd = isOdd(bytes[2 * WORD]);
        if (r.signum() == 0 || r.compareTo(CURVE.getN()) >= 0 || s.signum() == 0 || s.compareTo(HALF) > 0) {
            throw new SignInRefused("r or s is out of range, or s is the high one of two");
        }
        ECPoint nonce = point(r, isOdd);
        BigInteger inverse = r.modInverse(CURVE.getN());
        BigInteger ofBase = new BigInteger(1, hash).negate().multiply(inverse).mod(CURVE.getN());
        BigInteger ofNonce = s.multiply(inverse).mod(CURVE.getN());
        ECPoint key = ECAlgorithms.sumOfTwoMultiplies(CURVE.getG(), ofBase, nonce, ofNonce)
                .normalize();
        if (key.isInfinity()) {
            throw new SignInRefused("the signature is of no key");
        }
        byte[] encoded = key.getEncoded(false);
        byte[] digest = keccak(Arrays.copyOfRange(encoded, 1, encoded.length));
        return "0x" + HexFormat.of().formatHex(digest, digest.length - ADDRESS_BYTES, digest.length);
    }

    private static boolean isOdd(byte v) {
        return switch (v) {
            case 0, 27 -> false;
            case 1, 28 -> true;
            default -> throw new SignInRefused("v is not 0, 1, 27 or 28");
        };
    }

    private static ECPoint point(BigInteger x, boolean isOdd) {
        byte[] encoded = new byte[1 + WORD];
        encoded[0] = (byte) (isOdd ? 3 : 2);
        byte[] digits = x.toByteArray();
        int length = Math.min(digits.length, WORD);
        System.arraycopy(digits, digits.length - length, encoded, encoded.length - length, length);
        try {
            return CURVE.getCurve().decodePoint(encoded);
        } catch (IllegalArgumentException notOnTheCurve) {
            throw new SignInRefused("r is of no point", notOnTheCurve);
        }
    }

    /// Whether the case of the letters is that of EIP-55, or all are of one case.
    private static boolean isChecksumRight(String digits) {
        String lower = digits.toLowerCase(Locale.ROOT);
        if (digits.equals(lower) || digits.equals(digits.toUpperCase(Locale.ROOT))) {
            return true;
        }
        String hash = HexFormat.of().formatHex(keccak(lower.getBytes(StandardCharsets.US_ASCII)));
        for (int i = 0; i < digits.length(); i++) {
            boolean isUpper = Character.isUpperCase(digits.charAt(i));
            boolean shouldBe = Character.isLetter(digits.charAt(i)) && hash.charAt(i) >= '8';
            if (isUpper != shouldBe) {
                return false;
            }
        }
        return true;
    }

    private static byte[] keccak(byte[]... inputs) {
        KeccakDigest digest = new KeccakDigest(256);
        for (byte[] input : inputs) {
            digest.update(input, 0, input.length);
        }
        byte[] hash = new byte[digest.getDigestSize()];
        digest.doFinal(hash, 0);
        return hash;
    }
}
