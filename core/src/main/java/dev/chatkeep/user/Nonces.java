package dev.chatkeep.user;

import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;

/// What a wallet signs so that its signature is good once, on whichever node it comes back to.
public final class Nonces {

    /// How long a nonce waits to be signed.
    public static final Duration LIFETIME = Duration.ofMinutes(5);

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BYTES = 16;

    private final Database database;
    private final InstantSource clock;

    public Nonces(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /// @param text 128 random bits, in hex
    public record Nonce(String text, Instant issuedAt, Instant expiresAt) {}

    public Nonce issue() {
        byte[] random = new byte[BYTES];
        RANDOM.nextBytes(random);
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Nonce nonce = new Nonce(HexFormat.of().formatHex(random), now, now.plus(LIFETIME));
        database.sql("insert into chatkeep.sign_in_nonce (nonce, expires_at) values (:nonce, :expires)")
                .param("nonce", nonce.text())
                .param("expires", Rows.time(nonce.expiresAt()))
                .update();
        return nonce;
    }

    /// Takes the nonce away; of any number of tries at once, one succeeds.
    ///
    /// @return whether it was there and not too old
    public boolean consume(String nonce) {
        return database.sql("delete from chatkeep.sign_in_nonce where nonce = :nonce and expires_at > :now")
                        .param("nonce", nonce)
                        .param("now", Rows.time(clock.instant()))
                        .update()
                == 1;
    }

    /// Deletes those that nobody came back with.
    public void purgeExpired() {
        database.sql("delete from chatkeep.sign_in_nonce where expires_at <= :now")
                .param("now", Rows.time(clock.instant()))
                .update();
    }
}
