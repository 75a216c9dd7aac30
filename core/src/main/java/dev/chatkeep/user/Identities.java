package dev.chatkeep.user;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Database.Outcome;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Which user an identity is of, for those who show it with every request, as a token's subject is shown. One
/// that was seen lately costs no statement.
public final class Identities {

    private static final Duration CACHED = Duration.ofMinutes(15);
    private static final int CACHED_IDENTITIES = 100_000;

    private final Database database;
    private final Users users;
    private final Revocations revocations;
    private final IdentityUsage usage;
    private final Cache<Identity, Known> cache = Caffeine.newBuilder()
            .maximumSize(CACHED_IDENTITIES)
            .expireAfterWrite(CACHED)
            .build();

    public Identities(Database database, InstantSource clock, Users users, Revocations revocations) {
        this.database = database;
        this.users = users;
        this.revocations = revocations;
        this.usage = new IdentityUsage(database, clock);
    }

    /// @param asOf the last revocation that was known before the user was looked up
    private record Known(UUID userId, long asOf) {}

    /// The user of an identity that was just proved; the first time this makes them.
    public UUID user(Identity identity) {
        Known known = cache.getIfPresent(identity);
        if (known != null && revocations.isFresh() && !revocations.isRevokedSince(identity.hash(), known.asOf())) {
            return known.userId();
        }
        long asOf = revocations.now();
        UUID userId = users.signIn(identity, Optional.empty()).id();
        // A user that a caller's transaction makes may be rolled back with it.
        database.afterCompletion(outcome -> {
            if (outcome == Outcome.COMMITTED) {
                cache.put(identity, new Known(userId, asOf));
            }
        });
        return userId;
    }

    /// Whether the user has one of these.
    public boolean hasOneOf(UUID userId, Collection<Identity> identities) {
        return !identities.isEmpty()
                && database.sql("""
                        select exists (
                            select
                            from unnest(:issuers::text[], :subjects::text[]) as i (issuer, subject)
                            join chatkeep.identity known using (issuer, subject)
                            where known.user_id = :user)
                        """)
                        .param("user", userId)
                        .param(
                                "issuers",
                                identities.stream().map(Identity::issuer).toArray(String[]::new))
                        .param(
                                "subjects",
                                identities.stream().map(Identity::subject).toArray(String[]::new))
                        .query(Boolean.class)
                        .single();
    }

    /// Takes all identities from a user, on every node within a second, within the transaction around this. What
    /// the user has used of their free messages stays known of each until the window ends.
    ///
    /// @return for [#forget], once it is committed
    public Revocations.Revoked removeAll(UUID userId) {
        List<String> removed = database.sql("""
                delete from chatkeep.identity where user_id = :user returning issuer, subject
                """)
                .param("user", userId)
                .query((row, n) -> new Identity(row.getString("issuer"), row.getString("subject")).hash())
                .list();
        usage.record(userId, removed);
        return revocations.announce(removed);
    }

    /// Here at once.
    public void forget(Revocations.Revoked removed) {
        revocations.remember(removed);
    }
}
