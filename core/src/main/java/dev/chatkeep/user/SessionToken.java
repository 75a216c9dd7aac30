package dev.chatkeep.user;

import java.security.SecureRandom;
import java.util.Base64;

/// The secret that a client shows: 256 random bits. Only its SHA-256 is ever stored.
public record SessionToken(String text) {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String PREFIX = "ck_";
    private static final int LONGEST = 512;

    /// Whether a text has the form of one.
    public static boolean isOne(String text) {
        return text.startsWith(PREFIX) && text.length() <= LONGEST;
    }

    static SessionToken make() {
        byte[] secret = new byte[32];
        RANDOM.nextBytes(secret);
        return new SessionToken(PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
    }

    /// The stored form.
    String hash() {
        return Hashes.sha256(text);
    }

    @Override
    public String toString() {
        return PREFIX + "...";
    }
}
