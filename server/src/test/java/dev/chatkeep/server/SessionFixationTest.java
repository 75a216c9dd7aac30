package dev.chatkeep.server;

import static java.net.http.HttpRequest.BodyPublishers.ofString;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// An attacker who knows a guest's token, since it was planted or overheard, has nothing of the account that the
/// guest becomes.
class SessionFixationTest {

    private static final TestDatabase DATABASE = TestDatabase.create();

    private static TestIssuer issuer;
    private static TestServer server;
    private static TestServer otherNode;

    @BeforeAll
    static void start() throws IOException {
        issuer = new TestIssuer();
        String[] settings = {
            "chatkeep.auth.domains=" + TestWallet.DOMAIN,
            "chatkeep.auth.issuers[0].issuer=" + issuer.name(),
            "chatkeep.auth.issuers[0].audience=chat"
        };
        server = TestServer.answering(Scripts.saysText("Hi."), DATABASE, settings);
        otherNode = TestServer.answering(Scripts.saysText("Hi."), DATABASE, settings);
    }

    @AfterAll
    static void stop() {
        try (TestIssuer _ = issuer;
                TestServer _ = server;
                TestServer _ = otherNode) {
            // Closing is all there is to do.
        }
    }

    /// What the attacker did: read the account, add a wallet to it, and remove the owner's.
    private static void hasNothing(Api attacker, TestWallet owners) {
        for (String url : new String[] {server.url(), otherNode.url()}) {
            Api api = new Api(url, attacker.token());
            assertThat(api.post("/api/auth/wallets", TestWallet.make().proof(url))
                            .status())
                    .as("at once, also where the session is still remembered")
                    .isEqualTo(401);
            assertThat(api.delete("/api/auth/wallets/solana/" + owners.address())
                            .status())
                    .isEqualTo(401);
            String confirm = "{\"confirm\":\"" + UUID.randomUUID() + "\"}";
            assertThat(api.send("DELETE", "/api/auth/user", ofString(confirm)).status())
                    .isIn(400, 401);
        }
        assertThat(attacker.get("/api/chats").status()).isEqualTo(401);
        assertThat(attacker.get("/api/auth/sessions").status()).isEqualTo(401);
    }

    private static Api planted() {
        Api guest = server.guest();
        guest.post("/api/chats", "{\"id\":\"mine\"}");
        // The other node remembers the session.
        assertThat(new Api(otherNode.url(), guest.token())
                        .get("/api/chats/mine")
                        .status())
                .isEqualTo(200);
        return guest;
    }

    @Nested
    class WhenTheGuestSignsIn {

        @Test
        void withANewWallet() {
            Api guest = planted();
            TestWallet wallet = TestWallet.make();
            String guestId = userId(guest);

            Api owner = signedIn(guest.post("/api/auth/login", wallet.proof(server.url())));

            hasNothing(guest, wallet);
            assertThat(userId(owner)).isEqualTo(guestId);
            assertThat(owner.get("/api/chats/mine").status()).isEqualTo(200);
            assertThat(owner.get("/api/auth/sessions").json().path("sessions")).hasSize(1);
            assertThat(owner.get("/api/auth/wallets").json().path("wallets")).hasSize(1);
        }

        @Test
        void withANewSubjectOfAnIssuer() {
            Api guest = planted();

            Api owner = signedIn(guest.post("/api/auth/login", "{\"token\":\"" + token("fixed") + "\"}"));

            hasNothing(guest, TestWallet.make());
            assertThat(owner.get("/api/chats/mine").status()).isEqualTo(200);
        }

        @Test
        void toAnAccountThatWasThereBefore() {
            TestWallet wallet = TestWallet.make();
            Api before = wallet.signIn(server.url());
            Api guest = planted();

            Api owner = signedIn(guest.post("/api/auth/login", wallet.proof(server.url())));

            hasNothing(guest, wallet);
            assertThat(userId(owner)).isEqualTo(userId(before));
        }

        @Test
        void fromAnyOfTheirSessions() {
            Api guest = planted();
            Api second = new Api(server.url(), server.signIn(UUID.fromString(userId(guest))));
            TestWallet wallet = TestWallet.make();

            signedIn(guest.post("/api/auth/login", wallet.proof(server.url())));

            hasNothing(second, wallet);
        }
    }

    @Nested
    class WhenAWalletIsAdded {

        @Test
        void toAGuestWhoThenGetsANewSession() {
            Api guest = planted();
            TestWallet wallet = TestWallet.make();

            Api.Answer added = guest.post("/api/auth/wallets", wallet.proof(server.url()));

            assertThat(added.status()).as(added.text()).isEqualTo(200);
            assertThat(added.headers().firstValue("Set-Cookie").orElseThrow()).startsWith("chatkeep_session=ck_");
            Api owner = signedIn(added);
            hasNothing(guest, wallet);
            assertThat(owner.get("/api/chats/mine").status()).isEqualTo(200);
        }

        @Test
        void toAnAccountWhoseOtherSessionsThenEnd() {
            TestWallet first = TestWallet.make();
            Api owner = first.signIn(server.url());
            Api overheard = first.signIn(server.url());
            assertThat(new Api(otherNode.url(), overheard.token())
                            .get("/api/chats")
                            .status())
                    .isEqualTo(200);

            Api.Answer added = owner.post("/api/auth/wallets", TestWallet.make().proof(server.url()));

            assertThat(added.json().has("sessionToken")).isFalse();
            assertThat(added.json().path("wallets")).hasSize(2);
            hasNothing(overheard, first);
            assertThat(owner.get("/api/chats").status()).isEqualTo(200);
        }

        @Test
        void thatIsThereAlreadyNothingEnds() {
            TestWallet wallet = TestWallet.make();
            Api owner = wallet.signIn(server.url());
            Api other = wallet.signIn(server.url());

            assertThat(owner.post("/api/auth/wallets", wallet.proof(server.url()))
                            .status())
                    .isEqualTo(200);

            assertThat(other.get("/api/chats").status()).isEqualTo(200);
        }
    }

    @Test
    void removingAWalletEndsTheSessionsItMayHaveOpened() {
        TestWallet kept = TestWallet.make();
        TestWallet stolen = TestWallet.make();
        Api owner = kept.signIn(server.url());
        owner.post("/api/auth/wallets", stolen.proof(server.url()));
        Api thief = stolen.signIn(server.url());
        assertThat(userId(thief)).isEqualTo(userId(owner));

        assertThat(owner.delete("/api/auth/wallets/solana/" + stolen.address()).status())
                .isEqualTo(200);

        hasNothing(thief, kept);
        assertThat(owner.get("/api/chats").status()).isEqualTo(200);
    }

    private static Api signedIn(Api.Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        JsonNode json = answer.json();
        return new Api(server.url(), json.path("sessionToken").stringValue());
    }

    private static String userId(Api api) {
        return api.get("/api/auth/session").json().path("user").path("id").stringValue();
    }

    private static String token(String subject) {
        return issuer.token(subject);
    }
}
