package dev.chatkeep.user;

import static java.util.stream.Collectors.toMap;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.chatkeep.ChatkeepException.NotFound;
import dev.chatkeep.ChatkeepException.Unauthenticated;
import dev.chatkeep.Ids;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Database.Outcome;
import dev.chatkeep.db.Rows;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Sign-ins. A session that was seen lately is answered from memory: the hot path makes no statement for it,
/// and never a write. Thread-safe.
public final class Sessions {

    /// How long a sign-in lasts.
    public static final Duration LIFETIME = Duration.ofDays(30);

    private static final Duration CACHED = Duration.ofMinutes(15);
    private static final int CACHED_SESSIONS = 100_000;
    private static final int LISTED = 200;
    private static final int PURGED_AT_ONCE = 1_000;

    private final Database database;
    private final InstantSource clock;
    private final Revocations revocations;
    private final Map<Session, Instant> used = new ConcurrentHashMap<>();
    private final Cache<String, Session> cache = Caffeine.newBuilder()
            .maximumSize(CACHED_SESSIONS)
            .expireAfterWrite(CACHED)
            .build();

    public Sessions(Database database, InstantSource clock, Revocations revocations) {
        this.database = database;
        this.clock = clock;
        this.revocations = revocations;
    }

    /// A new session and its token, which is shown here once and never again.
    public record Opened(SessionToken token, Session session) {}

    /// Opens a session for a user who has just proved who they are.
    public Opened open(UUID userId, Device device) {
        SessionToken token = SessionToken.make();
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Session session = new Session(Ids.uuid(), userId, now.plus(LIFETIME));
        database.sql("""
                with opened as (
                    insert into chatkeep.session (user_id, id, created_at, last_used_at, expires_at, device, address)
                    values (:user, :session, :now, :now, :expires, :device, :address)
                    returning user_id, id, expires_at
                )
                insert into chatkeep.session_token (token_hash, user_id, session_id, expires_at)
                select :hash, user_id, id, expires_at from opened
                """)
                .param("user", userId)
                .param("session", session.id())
                .param("now", Rows.time(now))
                .param("expires", Rows.time(session.expiresAt()))
                .param("device", device.name())
                .param("address", device.address())
                .param("hash", token.hash())
                .update();
        return new Opened(token, session);
    }

    /// The session of this token, unless it is unknown, over or revoked. A token that is not known costs one
    /// statement each time: only sessions are remembered, so that guesses cannot fill the memory.
    public Optional<Session> find(String token) {
        String hash = new SessionToken(token).hash();
        if (revocations.isRevoked(hash)) {
            return Optional.empty();
        }
        Session known = revocations.isFresh() ? cache.getIfPresent(hash) : null;
        Optional<Session> session = known != null ? Optional.of(known) : load(hash);
        if (known == null) {
            session.ifPresent(found -> remember(hash, found));
        }
        Instant now = clock.instant();
        Optional<Session> live = session.filter(found -> now.isBefore(found.expiresAt()));
        live.ifPresent(found -> used.put(found, now));
        return live;
    }

    /// Unless it was seen within a caller's transaction, which may be rolled back with it.
    private void remember(String hash, Session session) {
        database.afterCompletion(outcome -> {
            if (outcome == Outcome.COMMITTED) {
                cache.put(hash, session);
            }
        });
    }

    private Optional<Session> load(String hash) {
        return database.sql("""
                select session_id, user_id, expires_at
                from chatkeep.session_token
                where token_hash = :hash
                """)
                .param("hash", hash)
                .query((row, n) -> new Session(
                        row.getObject("session_id", UUID.class),
                        row.getObject("user_id", UUID.class),
                        Rows.time(row, "expires_at")))
                .optional();
    }

    /// The user's sessions that are not over, what was used last first; at most 200.
    public List<SignIn> list(UUID userId) {
        return database.sql("""
                select id, device, address, created_at, last_used_at, expires_at
                from chatkeep.session
                where user_id = :user and expires_at > :now
                order by last_used_at desc, id
                limit :limit
                """)
                .param("user", userId)
                .param("now", Rows.time(clock.instant()))
                .param("limit", LISTED)
                .query((row, n) -> SignIn.read(row))
                .list();
    }

    /// Checks that this session exists, as the database knows it now. [#find] may trust its memory for up to a second
    /// after another node has ended a session; what changes who can sign in must not.
    ///
    /// @param sessionId null for a caller who is signed in without a session
    /// @throws Unauthenticated when it does not
    public void checkLive(UUID userId, @Nullable UUID sessionId) {
        if (sessionId != null && !isLive(userId, sessionId)) {
            throw new Unauthenticated();
        }
    }

    private boolean isLive(UUID userId, UUID sessionId) {
        return database.sql("""
                select exists (
                    select from chatkeep.session where user_id = :user and id = :session and expires_at > :now)
                """)
                .param("user", userId)
                .param("session", sessionId)
                .param("now", Rows.time(clock.instant()))
                .query(Boolean.class)
                .single();
    }

    /// Ends one session; on every node within a second.
    ///
    /// @throws NotFound when the user has no such session
    public void revoke(UUID userId, UUID sessionId) {
        if (end(userId, sessionId, null) == 0) {
            throw new NotFound("session_not_found", "There is no such session.");
        }
    }

    /// Ends all sessions of the user, as a part of the transaction around this, if there is one.
    ///
    /// @param except a session that goes on
    /// @return how many ended
    public int revokeAll(UUID userId, @Nullable UUID except) {
        return end(userId, null, except);
    }

    private int end(UUID userId, @Nullable UUID only, @Nullable UUID except) {
        Revocations.Revoked ended = database.inTransaction(() -> {
            List<String> hashes = database.sql("""
                    with gone as (
                        delete from chatkeep.session_token
                        where user_id = :user
                            and (:only::uuid is null or session_id = :only::uuid)
                            and (:except::uuid is null or session_id <> :except::uuid)
                        returning token_hash, session_id
                    ), ended as (
                        delete from chatkeep.session
                        where user_id = :user and id in (select session_id from gone)
                    )
                    select token_hash from gone
                    """)
                    .param("user", userId)
                    .param("only", only)
                    .param("except", except)
                    .query((row, n) -> row.getString("token_hash"))
                    .list();
            return revocations.announce(hashes);
        });
        database.afterCompletion(outcome -> {
            if (outcome != Outcome.ROLLED_BACK) {
                revocations.remember(ended);
                cache.invalidateAll(ended.hashes());
            }
        });
        return ended.hashes().size();
    }

    /// Writes down when sessions were last used: one statement for all that were since the last time.
    public void recordUse() {
        Map<Session, Instant> batch = used.keySet().stream().collect(toMap(session -> session, this::takeUse));
        if (batch.isEmpty()) {
            return;
        }
        database.sql("""
                update chatkeep.session s
                set last_used_at = greatest(s.last_used_at, u.at)
                from unnest(:users::uuid[], :sessions::uuid[], :times::timestamptz[]) as u (user_id, id, at)
                where s.user_id = u.user_id and s.id = u.id
                """)
                .param("users", batch.keySet().stream().map(Session::userId).toArray(UUID[]::new))
                .param("sessions", batch.keySet().stream().map(Session::id).toArray(UUID[]::new))
                .param("times", batch.values().stream().map(Instant::toString).toArray(String[]::new))
                .update();
    }

    private Instant takeUse(Session session) {
        Instant at = used.remove(session);
        return at == null ? Instant.EPOCH : at;
    }

    /// Deletes sessions that are over, in batches.
    ///
    /// @return how many
    public int purgeExpired() {
        int purged = 0;
        int batch;
        do {
            batch = database.sql("""
                    delete from chatkeep.session
                    where (user_id, id) in (
                        select user_id, id from chatkeep.session where expires_at <= :now limit :limit)
                    """)
                    .param("now", Rows.time(clock.instant()))
                    .param("limit", PURGED_AT_ONCE)
                    .update();
            purged += batch;
        } while (batch == PURGED_AT_ONCE);
        return purged;
    }
}
