package dev.chatkeep.user;

import dev.chatkeep.Ids;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import java.time.InstantSource;
import java.util.UUID;

/// The rows of users.
public final class Users {

    private final Database database;
    private final InstantSource clock;

    public Users(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /// Makes a user whom nobody knows by any other name.
    public User createGuest() {
        User user = new User(Ids.uuid(), true, clock.instant().truncatedTo(java.time.temporal.ChronoUnit.MILLIS));
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

    /// The user, who is known to exist (their session does).
    public User get(UUID userId) {
        return database.sql("""
                select user_id, is_guest, created_at
                from chatkeep.app_user
                where user_id = :user
                """)
                .param("user", userId)
                .query((row, n) -> new User(
                        row.getObject("user_id", UUID.class), row.getBoolean("is_guest"), Rows.time(row, "created_at")))
                .single();
    }
}
