package dev.chatkeep.user;

import dev.chatkeep.db.Database;
import dev.chatkeep.db.Rows;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/// Guests who have nothing and cannot come back: nothing but a session names a guest, and theirs are over.
public final class Guests {

    private static final int AT_ONCE = 1_000;

    /// Those who are older are not looked at again: what they have, they keep, and nobody adds to it. Long
    /// enough for a chat of theirs to leave the trash.
    private static final Duration LOOKED_AT = Duration.ofDays(90);

    private final Database database;
    private final InstantSource clock;

    public Guests(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /// Deletes guests without a session, a chat or a payment, and old enough that none of it is just beginning.
    ///
    /// @return how many
    public int purgeIdle() {
        Instant until = clock.instant().minus(Sessions.LIFETIME);
        int purged = 0;
        int batch;
        do {
            batch = database.sql("""
                    delete from chatkeep.app_user
                    where user_id in (
                        select user_id
                        from chatkeep.app_user u
                        where is_guest and created_at < :until and created_at > :since
                            and not exists (select from chatkeep.session s where s.user_id = u.user_id)
                            and not exists (select from chatkeep.chat c where c.user_id = u.user_id)
                            and not exists (select from chatkeep.payment p where p.user_id = u.user_id)
                        order by created_at
                        limit :limit)
                    """)
                    .param("until", Rows.time(until))
                    .param("since", Rows.time(until.minus(LOOKED_AT)))
                    .param("limit", AT_ONCE)
                    .update();
            purged += batch;
        } while (batch == AT_ONCE);
        return purged;
    }
}
