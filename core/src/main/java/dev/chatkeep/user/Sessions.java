package dev.chatkeep.user;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.chatkeep.Ids;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;

/// Sign-ins. A session that was seen lately is answered from memory: the hot path makes no statement for it,
/// and never a write. Thread-safe.
public final class Sessions {

    /// How long a sign-in lasts.
    public static final Duration LIFETIME = Duration.ofDays(30);

    private static final Duration CACHED = Duration.ofMinutes(15);
    private static final int CACHED_SESSIONS = 100_000;

    private final Database database;
    private final InstantSource clock;
    private final Cache<String, Session> cache = Caffeine.newBuilder()
            .maximumSize(CACHED_SESSIONS)
            .expireAfterWrite(CACHED)
            .build();

    public Sessions(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /// A new session and its token, which is shown here once and never again.
    public record Opened(SessionToken token, Session session) {}

    /// Opens a session for a user who has just proved who they are.
    public Opened open(UUID userId) {
        SessionToken token = SessionToken.make();
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Session session = new Session(Ids.uuid(), userId, now.plus(LIFETIME));
        database.sql("""
                with opened as (
                    insert into chatkeep.session (user_id, id, created_at, expires_at)
                    values (:user, :session, :now, :expires)
                    returning user_id, id, expires_at
                )
                insert into chatkeep.session_token (token_hash, user_id, session_id, expires_at)
                select :hash, user_id, id, expires_at from opened
                """)
                .param("user", userId)
                .param("session", session.id())
                .param("now", Rows.time(now))
                .param("expires", Rows.time(session.expiresAt()))
                .param("hash", token.hash())
                .update();
        return new Opened(token, session);
    }

    /// The session of this token, unless it is unknown or over. A token that is not known costs one statement
    /// each time: only sessions are remembered, so that guesses cannot fill the memory.
    public Optional<Session> find(String token) {
        String hash = new SessionToken(token).hash();
        Session known = cache.getIfPresent(hash);
        Optional<Session> session = known != null ? Optional.of(known) : load(hash);
        if (known == null) {
            session.ifPresent(found -> cache.put(hash, found));
        }
        return session.filter(found -> clock.instant().isBefore(found.expiresAt()));
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
}
