package dev.chatkeep.user;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/// The secret that a client shows: 256 random bits. Only its SHA-256 is ever stored.
public record SessionToken(String text) {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String PREFIX = "ck_";

    static SessionToken make() {
        byte[] secret = new byte[32];
        RANDOM.nextBytes(secret);
        return new SessionToken(PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
    }

    /// The stored form, in hex.
    String hash() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public String toString() {
        return PREFIX + "...";
    }
}
