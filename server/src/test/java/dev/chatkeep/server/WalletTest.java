package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Signing in with a wallet.
class WalletTest {

    private static TestServer server;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        NodePrograms.CLIENTS.install();
        server = TestServer.start("chatkeep.auth.domains=app.example.com");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void walletsSignInAndWhatTheySignedIsNeverGoodForAnythingElse() throws IOException, InterruptedException {
        NodePrograms.CLIENTS.run("wallets.mjs", server.url());
    }

    @Test
    void anErrorNamesTheFieldThatIsNotThere() {
        Api nobody = server.nobody();

        assertThat(nobody.post("/api/auth/login", "{}").field()).isEqualTo("chain");
        assertThat(nobody.post("/api/auth/login", "{\"chain\":\"bitcoin\"}").field())
                .isEqualTo("chain");
        assertThat(nobody.post("/api/auth/login", "{\"chain\":\"solana\"}").field())
                .isEqualTo("message");
        assertThat(nobody.post("/api/auth/login", "{\"chain\":\"solana\",\"signedMessage\":\"?\"}")
                        .field())
                .isEqualTo("signedMessage");
        assertThat(nobody.post("/api/auth/login", "{\"chain\":\"solana\",\"message\":\"x\"}")
                        .field())
                .isEqualTo("signature");
        assertThat(nobody.post("/api/auth/login", "{\"token\":1}").field()).isEqualTo("token");
        assertThat(nobody.post("/api/auth/login", "[]").status()).isEqualTo(400);
    }

    @Test
    void whoseIdentityTheOperatorNamedIsAnAdmin() {
        TestWallet admin = TestWallet.make();
        try (TestServer named = TestServer.start(
                "chatkeep.auth.domains=" + TestWallet.DOMAIN,
                "chatkeep.auth.admins[0].issuer=solana",
                "chatkeep.auth.admins[0].subject=" + admin.address())) {
            Api api = admin.signIn(named.url());
            assertThat(isAdmin(api)).isTrue();
            assertThat(isAdmin(TestWallet.make().signIn(named.url()))).isFalse();
            assertThat(isAdmin(named.guest())).isFalse();

            api.post("/api/auth/wallets", TestWallet.make().proof(named.url()));
            assertThat(api.delete("/api/auth/wallets/solana/" + "1".repeat(300)).code())
                    .isEqualTo("wallet_not_found");
            api.delete("/api/auth/wallets/solana/" + admin.address());
            assertThat(isAdmin(api)).isFalse();
        }
    }

    private static boolean isAdmin(Api api) {
        return api.get("/api/auth/session").json().path("isAdmin").booleanValue();
    }

    @Test
    void withoutADomainNoWalletSignsIn() {
        try (TestServer closed = TestServer.start()) {
            assertThat(closed.nobody().post("/api/auth/nonce", "").code()).isEqualTo("wallets_disabled");
            assertThat(closed.nobody()
                            .post("/api/auth/login", "{\"chain\":\"solana\",\"message\":\"x\",\"signature\":\"x\"}")
                            .code())
                    .isEqualTo("wallets_disabled");
        }
    }
}
