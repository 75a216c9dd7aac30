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

/// The wallets a user can sign in with: any number up to a limit, each of one user only.
public final class Wallets {

    /// How many a user can have.
    public static final int MOST = 20;

    private final Database database;
    private final InstantSource clock;

    public Wallets(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /// The user's wallets, what was added first first.
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

    /// Adds a wallet whose owner has just proved to be this user. One that the user has already stays as it
    /// is. A guest is none from now on.
    ///
    /// @throws Conflict when it is another user's, or one too many
    public void add(UUID userId, Identity wallet) {
        database.inTransaction(() -> {
            lock(userId);
            Optional<UUID> owner = owner(wallet);
            if (owner.isEmpty()) {
                if (list(userId).size() >= MOST) {
                    throw new Conflict("too_many_wallets", "An account has at most " + MOST + " wallets.");
                }
                owner = insert(userId, wallet);
            }
            if (!owner.equals(Optional.of(userId))) {
                throw new Conflict("wallet_taken", "This wallet belongs to another account.");
            }
            return userId;
        });
    }

    /// @throws NotFound when the user has no such wallet
    /// @throws Conflict when nothing else would be left to sign in with
    public void remove(UUID userId, Identity wallet) {
        database.inTransaction(() -> {
            lock(userId);
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
            return removed;
        });
    }

    /// Against two changes of a user's identities at once, and against one whose account is being deleted or
    /// moved to another.
    private void lock(UUID userId) {
        boolean isLive = database.sql("select true from chatkeep.app_user where user_id = :user for update")
                        .param("user", userId)
                        .query(Boolean.class)
                        .optional()
                        .isPresent()
                && database.sql("""
                        select not exists (select from chatkeep.erasure where user_id = :user)
                            and not exists (select from chatkeep.guest_claim where guest_id = :user)
                        """).param("user", userId).query(Boolean.class).single();
        if (!isLive) {
            throw new Unauthenticated();
        }
    }

    private Optional<UUID> owner(Identity wallet) {
        return database.sql("select user_id from chatkeep.identity where issuer = :issuer and subject = :subject")
                .param("issuer", wallet.issuer())
                .param("subject", wallet.subject())
                .query((row, n) -> row.getObject("user_id", UUID.class))
                .optional();
    }

    /// @return whose it is now; nobody's when another was quicker and is not done
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
