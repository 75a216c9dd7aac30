package dev.chatkeep.user;

import dev.chatkeep.ChatkeepException.Conflict;
import dev.chatkeep.ChatkeepException.NotFound;
import dev.chatkeep.ChatkeepException.Unauthenticated;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The wallets a user can sign in with: any number up to a limit, each of one user only.
public final class Wallets {

    /// The most wallets a user can have.
    public static final int MAX_WALLETS = 20;

    private final Database database;
    private final InstantSource clock;
    private final Sessions sessions;
    private final IdentityUsage usage;

    public Wallets(Database database, InstantSource clock, Sessions sessions) {
        this.database = database;
        this.clock = clock;
        this.sessions = sessions;
        this.usage = new IdentityUsage(database, clock);
    }

    /// The user's wallets, oldest first.
    public List<Wallet> list(UUID userId) {
        return database.sql("""
                select issuer, subject, created_at
                from chatkeep.identity
                where user_id = :user and issuer in (:solana, :eip155)
                order by created_at, issuer, subject
                """)
                .param("user", userId)
                .param("solana", Identity.SOLANA)
                .param("eip155", Identity.EIP155)
                .query((row, n) ->
                        new Wallet(row.getString("issuer"), row.getString("subject"), Rows.time(row, "created_at")))
                .list();
    }

    /// Adds a wallet that the user has just proved to own, and ends every other session of the user in the same
    /// transaction. A guest becomes an ordinary user, and the session that asked ends as well: whoever planted or
    /// overheard it would share the account. A wallet that the user already has changes nothing.
    ///
    /// @param sessionId the session that asks; null when an issuer's token does
    /// @return whether the session that asked has ended, so that its owner needs a new one
    /// @throws Unauthenticated when that session has ended meanwhile
    /// @throws Conflict when the wallet is another user's, or one too many
    public boolean add(UUID userId, @Nullable UUID sessionId, Identity wallet) {
        return database.inTransaction(() -> {
            boolean isGuest = lock(userId, sessionId);
            Optional<UUID> owner = owner(wallet);
            if (owner.equals(Optional.of(userId))) {
                return false;
            }
            if (owner.isEmpty()) {
                if (list(userId).size() >= MAX_WALLETS) {
                    throw new Conflict("too_many_wallets", "An account has at most " + MAX_WALLETS + " wallets.");
                }
                owner = insert(userId, wallet);
            }
            if (!owner.equals(Optional.of(userId))) {
                throw new Conflict("wallet_taken", "This wallet belongs to another account.");
            }
            usage.restore(userId, wallet);
            sessions.revokeAll(userId, isGuest ? null : sessionId);
            return isGuest && sessionId != null;
        });
    }

    /// Removes a wallet and ends every other session of the user, in one transaction: one of them may have been
    /// opened by that wallet.
    ///
    /// @param sessionId the session that asks; null when an issuer's token does
    /// @throws Unauthenticated when that session has ended meanwhile
    /// @throws NotFound when the user has no such wallet
    /// @throws Conflict when nothing else would be left to sign in with
    public void remove(UUID userId, @Nullable UUID sessionId, Identity wallet) {
        database.inTransaction(() -> {
            lock(userId, sessionId);
            if (!owner(wallet).equals(Optional.of(userId))) {
                throw new NotFound("wallet_not_found", "There is no such wallet.");
            }
            int removed = database.sql("""
                    delete from chatkeep.identity
                    where user_id = :user and issuer = :issuer and subject = :subject
                        and (select count(*) from chatkeep.identity where user_id = :user) > 1
                    """)
                    .param("user", userId)
                    .param("issuer", wallet.issuer())
                    .param("subject", wallet.subject())
                    .update();
            if (removed == 0) {
                throw new Conflict("last_identity", "There would be no way left to sign in to this account.");
            }
            usage.record(userId, List.of(wallet.hash()));
            return sessions.revokeAll(userId, sessionId);
        });
    }

    /// Locks the user against two changes of their identities at once, and refuses one whose account is being
    /// deleted or moved to another, or whose session has ended.
    ///
    /// @return whether the user is a guest
    private boolean lock(UUID userId, @Nullable UUID sessionId) {
        Optional<Boolean> isGuest = database.sql(
                        "select is_guest from chatkeep.app_user where user_id = :user for update")
                .param("user", userId)
                .query(Boolean.class)
                .optional();
        boolean isLive = isGuest.isPresent()
                && database.sql("""
                        select not exists (select from chatkeep.erasure where user_id = :user)
                            and not exists (select from chatkeep.guest_claim where guest_id = :user)
                        """).param("user", userId).query(Boolean.class).single();
        if (!isLive) {
            throw new Unauthenticated();
        }
        sessions.checkLive(userId, sessionId);
        return isGuest.get();
    }

    private Optional<UUID> owner(Identity wallet) {
        return database.sql("select user_id from chatkeep.identity where issuer = :issuer and subject = :subject")
                .param("issuer", wallet.issuer())
                .param("subject", wallet.subject())
                .query((row, n) -> row.getObject("user_id", UUID.class))
                .optional();
    }

    /// @return whose it is now; empty when another transaction was quicker and has not ended
    private Optional<UUID> insert(UUID userId, Identity wallet) {
        return database.sql("""
                with made as (
                    insert into chatkeep.identity (issuer, subject, user_id, created_at)
                    values (:issuer, :subject, :user, :now)
                    on conflict do nothing
                    returning user_id
                ), grown as (
                    update chatkeep.app_user set is_guest = false
                    where user_id in (select user_id from made) and is_guest
                )
                select user_id from made
                """)
                .param("issuer", wallet.issuer())
                .param("subject", wallet.subject())
                .param("user", userId)
                .param("now", Rows.time(clock.instant()))
                .query((row, n) -> row.getObject("user_id", UUID.class))
                .optional();
    }
}
