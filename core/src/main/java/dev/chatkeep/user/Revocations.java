package dev.chatkeep.user;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import dev.chatkeep.db.SqlErrors;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which sessions were revoked lately, and which identities were taken from their users, on any node. Each node
/// reads the new ones four times a second; while that does not succeed [#isFresh] is false and nobody may trust
/// a session or an identity from memory. So a revocation holds everywhere within a second, also when a node is
/// cut off, and needs no notification that could get lost.
public final class Revocations {

    /// How often a node reads.
    public static final Duration EVERY = Duration.ofMillis(250);

    private static final Logger LOG = LoggerFactory.getLogger(Revocations.class);
    private static final Duration FRESH = Duration.ofMillis(900);
    private static final Duration KEPT = Duration.ofHours(1);
    private static final int KEPT_HASHES = 1_000_000;
    private static final int BATCH = 1_000;

    private final Database database;
    private final InstantSource clock;
    private final Cache<String, Long> revoked = Caffeine.newBuilder()
            .maximumSize(KEPT_HASHES)
            .expireAfterWrite(KEPT)
            .build();
    private volatile long readUpTo = -1;
    private volatile long readAt = System.nanoTime() - KEPT.toNanos();

    public Revocations(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    private record Row(long seq, String hash) {}

    /// What was revoked at once.
    public record Revoked(List<String> hashes, long number) {}

    /// Whether this was revoked; for what never comes back, such as a token.
    boolean isRevoked(String hash) {
        return revoked.getIfPresent(hash) != null;
    }

    /// Whether this was revoked after [#now] was that number; for what may come back, such as an identity.
    boolean isRevokedSince(String hash, long number) {
        Long last = revoked.getIfPresent(hash);
        return last != null && last > number;
    }

    /// The number of the last revocation that is known here.
    long now() {
        return readUpTo;
    }

    /// Whether everything that was revoked until a second ago is known here.
    boolean isFresh() {
        return System.nanoTime() - readAt < FRESH.toNanos();
    }

    /// Reads what is new. A node that begins has nothing in memory that could have been revoked before.
    public synchronized void poll() {
        long begun = System.nanoTime();
        try {
            if (readUpTo < 0) {
                readUpTo = database.sql("select seq from chatkeep.session_revocation_head")
                        .query(Long.class)
                        .single();
            }
            List<Row> batch;
            do {
                batch = next();
                batch.forEach(row -> revoked.put(row.hash(), row.seq()));
                if (!batch.isEmpty()) {
                    readUpTo = batch.getLast().seq();
                }
            } while (batch.size() >= BATCH);
            readAt = begun;
        } catch (RuntimeException failure) {
            if (!SqlErrors.isUnavailable(failure)) {
                LOG.warn("revoked sessions could not be read: {}", failure.getMessage());
            }
        }
    }

    /// The next ones, all of a number together.
    private List<Row> next() {
        return database.sql("""
                select seq, token_hash
                from chatkeep.session_revocation
                where seq > :upto
                order by seq
                fetch first %d rows with ties
                """.formatted(BATCH))
                .param("upto", readUpTo)
                .query((row, n) -> new Row(row.getLong("seq"), row.getString("token_hash")))
                .list();
    }

    /// Makes it known, within the transaction that deletes what these are the hashes of.
    ///
    /// @return for [#remember], once it is committed
    Revoked announce(List<String> hashes) {
        if (hashes.isEmpty()) {
            return new Revoked(hashes, readUpTo);
        }
        long number = database.sql("""
                with head as (
                    update chatkeep.session_revocation_head set seq = seq + 1 returning seq
                ), revoked as (
                    insert into chatkeep.session_revocation (seq, token_hash, revoked_at)
                    select head.seq, hash, :now
                    from head, unnest(:hashes::text[]) as hash
                )
                select seq from head
                """)
                .param("hashes", hashes.toArray(String[]::new))
                .param("now", Rows.time(clock.instant()))
                .query(Long.class)
                .single();
        return new Revoked(hashes, number);
    }

    /// Known here at once, not only at the next reading.
    void remember(Revoked what) {
        what.hashes().forEach(hash -> revoked.put(hash, what.number()));
    }

    /// Forgets what every node has read long ago.
    public void purge() {
        database.sql("delete from chatkeep.session_revocation where revoked_at < :since")
                .param("since", Rows.time(clock.instant().minus(KEPT)))
                .update();
    }
}
