package dev.chatkeep.user;

import dev.chatkeep.ChatkeepException.Unauthenticated;
import dev.chatkeep.Ids;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;

/// The rows of users, and how they are known outside.
public final class Users {

    private static final String COLUMNS = "u.user_id, u.is_guest, u.created_at";

    private final Database database;
    private final InstantSource clock;
    private final Sessions sessions;
    private final IdentityUsage usage;

    public Users(Database database, InstantSource clock, Sessions sessions) {
        this.database = database;
        this.clock = clock;
        this.sessions = sessions;
        this.usage = new IdentityUsage(database, clock);
    }

    /// Makes a user whom nobody knows by any other name.
    public User createGuest() {
        User user = new User(Ids.uuid(), true, now());
        database.sql("""
                with made as (
                    insert into chatkeep.app_user (user_id, is_guest, created_at)
                    values (:user, true, :now)
                    returning user_id
                )
                insert into chatkeep.user_head (user_id)
                select user_id from made
                """)
                .param("user", user.id())
                .param("now", Rows.time(user.createdAt()))
                .update();
        return user;
    }

    /// The user, whose session is there.
    ///
    /// @throws Unauthenticated when they were deleted meanwhile
    public User get(UUID userId) {
        return database.sql("select %s from chatkeep.app_user u where user_id = :user".formatted(COLUMNS))
                .param("user", userId)
                .query((row, n) -> read(row))
                .optional()
                .orElseThrow(Unauthenticated::noUser);
    }

    public Optional<User> find(Identity identity) {
        return database.sql("""
                select %s
                from chatkeep.identity i
                join chatkeep.app_user u on u.user_id = i.user_id
                where i.issuer = :issuer and i.subject = :subject
                """.formatted(COLUMNS))
                .param("issuer", identity.issuer())
                .param("subject", identity.subject())
                .query((row, n) -> read(row))
                .optional();
    }

    /// The user of an identity that was just proved. The first sign-in creates the user, or turns the guest into
    /// one, who keeps their id and everything they have. If the identity already has another user, that user
    /// claims the guest, whose chats are then to be moved.
    ///
    /// Either way every session of the guest ends in the same transaction: whoever planted or overheard a guest's
    /// token must not be signed in to the account that the guest becomes.
    ///
    /// @param guest who was signed in until now
    public User signIn(Identity identity, Optional<UUID> guest) {
        Optional<User> known = find(identity).or(() -> guest.flatMap(id -> attach(identity, id)));
        User user = known.or(() -> create(identity))
                .or(() -> find(identity))
                .orElseThrow(() -> new IllegalStateException("the identity was removed meanwhile"));
        guest.filter(id -> !id.equals(user.id())).ifPresent(id -> claim(id, user.id()));
        return user;
    }

    /// Gives the guest this identity, unless another was quicker: with the guest, or with the identity.
    private Optional<User> attach(Identity identity, UUID guest) {
        return database.inTransaction(() -> {
            boolean isGuest = database.sql("""
                    select is_guest and not exists (select from chatkeep.guest_claim where guest_id = :user)
                    from chatkeep.app_user
                    where user_id = :user
                    for update
                    """)
                    .param("user", guest)
                    .query(Boolean.class)
                    .optional()
                    .orElse(false);
            if (!isGuest) {
                return Optional.empty();
            }
            Optional<User> attached = database.sql("""
                    with made as (
                        insert into chatkeep.identity (issuer, subject, user_id, created_at)
                        values (:issuer, :subject, :user, :now)
                        on conflict do nothing
                        returning user_id
                    )
                    update chatkeep.app_user u
                    set is_guest = false
                    from made
                    where u.user_id = made.user_id
                    returning %s
                    """.formatted(COLUMNS))
                    .param("issuer", identity.issuer())
                    .param("subject", identity.subject())
                    .param("user", guest)
                    .param("now", Rows.time(clock.instant()))
                    .query((row, n) -> read(row))
                    .optional();
            attached.ifPresent(user -> {
                sessions.revokeAll(user.id(), null);
                usage.restore(user.id(), identity);
            });
            return attached;
        });
    }

    /// A new user of this identity; none when another was quicker.
    private Optional<User> create(Identity identity) {
        User user = new User(Ids.uuid(), false, now());
        return database.inTransaction(() -> {
            int made = insert(user, identity);
            if (made == 1) {
                usage.restore(user.id(), identity);
            }
            return made == 1 ? Optional.of(user) : Optional.empty();
        });
    }

    private int insert(User user, Identity identity) {
        return database.sql("""
                with known as (
                    insert into chatkeep.identity (issuer, subject, user_id, created_at)
                    values (:issuer, :subject, :user, :now)
                    on conflict do nothing
                    returning user_id
                ), made as (
                    insert into chatkeep.app_user (user_id, is_guest, created_at)
                    select user_id, false, :now from known
                    returning user_id
                )
                insert into chatkeep.user_head (user_id)
                select user_id from made
                """)
                .param("issuer", identity.issuer())
                .param("subject", identity.subject())
                .param("user", user.id())
                .param("now", Rows.time(user.createdAt()))
                .update();
    }

    private void claim(UUID guest, UUID user) {
        database.inTransaction(() -> {
            boolean isGuest = database.sql("select is_guest from chatkeep.app_user where user_id = :user for update")
                    .param("user", guest)
                    .query(Boolean.class)
                    .optional()
                    .orElse(false);
            if (!isGuest) {
                return 0;
            }
            sessions.revokeAll(guest, null);
            return database.sql("""
                    insert into chatkeep.guest_claim (guest_id, user_id, created_at)
                    values (:guest, :user, :now)
                    on conflict do nothing
                    """)
                    .param("guest", guest)
                    .param("user", user)
                    .param("now", Rows.time(clock.instant()))
                    .update();
        });
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private static User read(ResultSet row) throws SQLException {
        return new User(row.getObject("user_id", UUID.class), row.getBoolean("is_guest"), Rows.time(row, "created_at"));
    }
}
