package dev.chatkeep.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.TestClock;
import dev.chatkeep.TestDatabase;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/// Guests who cannot come back.
class GuestsTest {

    private static final TestDatabase DATABASE = TestDatabase.create();

    private final TestClock clock = new TestClock();
    private final Guests guests = new Guests(DATABASE.database(), clock);
    private final Sessions sessions =
            new Sessions(DATABASE.database(), clock, new Revocations(DATABASE.database(), clock));
    private final Users users = new Users(DATABASE.database(), clock, sessions);

    @Test
    void goOnlyWhenTheyHaveNothingAndNoSession() {
        UUID idle = users.createGuest().id();
        UUID talking = users.createGuest().id();
        DATABASE.database().sql("""
                        insert into chatkeep.chat (user_id, id, created_at, updated_at)
                        values (:user, 'kept', now(), now())
                        """).param("user", talking).update();
        UUID grown = users.createGuest().id();
        users.signIn(new Identity("https://issuer.test", grown.toString()), Optional.of(grown));
        clock.pass(Sessions.LIFETIME.minusDays(1));
        UUID later = users.createGuest().id();
        assertThat(guests.purgeIdle()).isZero();

        clock.pass(Duration.ofDays(2));
        sessions.open(later, Device.UNKNOWN);
        assertThat(guests.purgeIdle()).isEqualTo(1);
        assertThat(exist(idle)).isZero();

        clock.pass(Sessions.LIFETIME.minusHours(1));
        assertThat(guests.purgeIdle()).as("one who is signed in").isZero();

        clock.pass(Duration.ofHours(2));
        sessions.purgeExpired();
        assertThat(guests.purgeIdle()).isEqualTo(1);
        assertThat(exist(later)).isZero();
        assertThat(exist(talking, grown)).isEqualTo(2);
    }

    private static long exist(UUID... users) {
        return DATABASE.database()
                .sql("select count(*) from chatkeep.app_user where user_id = any(:users)")
                .param("users", users)
                .query(Long.class)
                .single();
    }
}
