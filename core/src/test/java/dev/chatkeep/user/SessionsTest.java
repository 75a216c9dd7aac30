package dev.chatkeep.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.TestClock;
import dev.chatkeep.TestDatabase;
import dev.chatkeep.user.Sessions.Opened;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SessionsTest {

    private static final TestDatabase DATABASE = TestDatabase.create();

    private final TestClock clock = new TestClock();
    private final Sessions sessions = node();
    private final UUID user = DATABASE.newUser();

    /// The sessions as a node sees them that has just read what was revoked.
    private Sessions node() {
        Revocations revocations = new Revocations(DATABASE.database(), clock);
        revocations.poll();
        return new Sessions(DATABASE.database(), clock, revocations);
    }

    @Test
    void aSessionIsFoundByItsTokenOnEveryNode() {
        Opened opened = sessions.open(user, Device.UNKNOWN);
        assertThat(opened.session().userId()).isEqualTo(user);
        assertThat(sessions.find(opened.token().text())).contains(opened.session());
        assertThat(node().find(opened.token().text())).contains(opened.session());
    }

    @Test
    void twoSessionsOfOneUserAreTwo() {
        Opened first = sessions.open(user, Device.UNKNOWN);
        Opened second = sessions.open(user, Device.UNKNOWN);
        assertThat(first.token().text()).isNotEqualTo(second.token().text());
        assertThat(sessions.find(first.token().text())).contains(first.session());
        assertThat(sessions.find(second.token().text())).contains(second.session());
    }

    @Test
    void aTokenThatIsNotKnownOpensNothing() {
        Opened opened = sessions.open(user, Device.UNKNOWN);
        assertThat(sessions.find("")).isEmpty();
        assertThat(sessions.find("ck_nobody")).isEmpty();
        assertThat(sessions.find(opened.token().text() + "x")).isEmpty();
        assertThat(sessions.find(opened.token().hash())).as("the stored form").isEmpty();
        assertThat(sessions.find(opened.token().toString())).isEmpty();
    }

    @Test
    void aTokenThatWasNotKnownIsLookedUpAgain() {
        Opened opened = sessions.open(user, Device.UNKNOWN);
        setHash(opened, "elsewhere" + UUID.randomUUID());
        assertThat(sessions.find(opened.token().text())).isEmpty();
        setHash(opened, opened.token().hash());
        assertThat(sessions.find(opened.token().text())).contains(opened.session());
    }

    private void setHash(Opened opened, String hash) {
        DATABASE.sql()
                .sql("update chatkeep.session_token set token_hash = :hash where session_id = :session")
                .param("hash", hash)
                .param("session", opened.session().id())
                .update();
    }

    @Test
    void aSessionEndsAtItsTimeEvenOneThatWasSeenLately() {
        Opened opened = sessions.open(user, Device.UNKNOWN);
        String token = opened.token().text();
        assertThat(opened.session().expiresAt())
                .isBetween(
                        clock.instant().plus(Sessions.LIFETIME).minusMillis(1),
                        clock.instant().plus(Sessions.LIFETIME));
        clock.pass(Sessions.LIFETIME.minusMillis(2));
        assertThat(sessions.find(token)).isPresent();
        clock.pass(Duration.ofMillis(2));
        assertThat(sessions.find(token)).as("from memory").isEmpty();
        assertThat(node().find(token)).as("from the table").isEmpty();
    }

    @Test
    void aSessionThatWasSeenLatelyNeedsNoStatement() {
        Opened opened = sessions.open(user, Device.UNKNOWN);
        assertThat(sessions.find(opened.token().text())).isPresent();
        DATABASE.sql()
                .sql("delete from chatkeep.session where user_id = :user")
                .param("user", user)
                .update();
        assertThat(sessions.find(opened.token().text())).contains(opened.session());
        assertThat(node().find(opened.token().text())).isEmpty();
    }

    @Test
    void onlyTheHashOfATokenIsStoredAndNeitherIsShownInLogs() {
        Opened opened = sessions.open(user, Device.UNKNOWN);
        String stored = DATABASE.sql()
                .sql("""
                        select to_jsonb(t)::text || to_jsonb(s)::text
                        from chatkeep.session_token t join chatkeep.session s on s.id = t.session_id
                        where s.id = :session
                        """)
                .param("session", opened.session().id())
                .query(String.class)
                .single();
        String secret = opened.token().text().substring(3);
        assertThat(stored).contains(opened.token().hash()).doesNotContain(secret);
        assertThat(opened.token().hash()).matches("[0-9a-f]{64}");
        assertThat(opened.toString())
                .doesNotContain(secret)
                .doesNotContain(opened.token().hash());
        assertThat(secret).as("256 bits in base64").hasSize(43);
    }
}
