package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.run.GenerationException;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Accounts that cost nothing to make bring no free messages with them.
class FreeMessagePoolTest {

    private static TestServer server(String... settings) {
        var all = new ArrayList<>(List.of(
                "chatkeep.auth.domains=" + TestWallet.DOMAIN,
                "chatkeep.free-messages.limit=3",
                "chatkeep.free-messages.window=1h",
                "chatkeep.free-messages.new-account-age=24h"));
        all.addAll(List.of(settings));
        return TestServer.answering(Scripts.saysText("Hi."), all.toArray(String[]::new));
    }

    private static JsonNode status(Api api) {
        return api.get("/api/free-messages/status").json().path("freeMessages");
    }

    private static int say(Api api, String message) {
        return api.post("/api/chat", Api.turn("c", message, "Hello")).status();
    }

    private static void say(Api api, int messages) {
        IntStream.range(0, messages)
                .forEach(i -> assertThat(say(api, "m" + i + Integer.toHexString(api.hashCode())))
                        .isEqualTo(200));
    }

    private static Api fresh(TestServer server) {
        return TestWallet.make().signIn(server.url());
    }

    @Nested
    class NewAccountsOfOneAddress {

        @Test
        void haveNothingLeftWhereGuestsSpentIt() {
            try (TestServer server = server()) {
                say(server.guest(), 3);

                Api wallet = fresh(server);

                assertThat(status(wallet).path("remaining").intValue()).isZero();
                assertThat(status(wallet).path("used").intValue()).isZero();
                Api.Answer refusal = wallet.post("/api/chat", Api.turn("c", "m", "Hello"));
                assertThat(refusal.code()).isEqualTo("free_messages_spent");
                assertThat(Long.parseLong(
                                refusal.headers().firstValue("Retry-After").orElseThrow()))
                        .isBetween(3_500L, 3_600L);
            }
        }

        @Test
        void shareWhatThereIsHoweverManyKeysThereAre() throws Exception {
            try (TestServer server = server()) {
                List<Api> wallets =
                        IntStream.range(0, 10).mapToObj(i -> fresh(server)).toList();

                List<Integer> answers = AtOnce.run(10, i -> say(wallets.get(i), "m"));

                assertThat(answers.stream().filter(status -> status == 200)).hasSize(3);
                assertThat(say(server.guest(), "m")).isEqualTo(429);
            }
        }

        @Test
        void shareAsManyAsTheOperatorSays() {
            try (TestServer server = server("chatkeep.free-messages.per-address=5")) {
                Api one = fresh(server);
                say(one, 3);
                assertThat(say(one, "more")).isEqualTo(429);

                Api two = fresh(server);

                assertThat(status(two).path("remaining").intValue()).isEqualTo(2);
                say(two, 2);
                assertThat(say(two, "more")).isEqualTo(429);
            }
        }

        @Test
        void haveTheirOwnWhenTheyAreOldEnoughOrAnAdminSaysSo() {
            try (TestServer server = server()) {
                say(server.guest(), 3);
                Api old = fresh(server);
                age(server, "identity", old);
                Api chosen = fresh(server);
                server.database()
                        .sql()
                        .sql("insert into chatkeep.free_message (user_id, own_limit) values (:user, 2)")
                        .param("user", userId(chosen))
                        .update();

                assertThat(status(old).path("remaining").intValue()).isEqualTo(3);
                say(old, 3);
                say(chosen, 2);
                assertThat(say(chosen, "more")).isEqualTo(429);
            }
        }

        /// Guests can be made today for tomorrow.
        @Test
        void areNewFromTheirFirstSignInOnHoweverOldTheGuestWas() {
            try (TestServer server = server()) {
                say(server.guest(), 3);
                Api guest = server.guest();
                age(server, "app_user", guest);
                UUID aged = userId(guest);

                JsonNode signedIn = guest.post(
                                "/api/auth/login", TestWallet.make().proof(server.url()))
                        .json();

                Api wallet = new Api(server.url(), signedIn.path("sessionToken").stringValue());
                assertThat(userId(wallet)).isEqualTo(aged);
                assertThat(say(wallet, "m")).isEqualTo(429);
            }
        }

        /// Makes what this table has of the user 25 hours old.
        private static void age(TestServer server, String table, Api user) {
            server.database()
                    .sql()
                    .sql("update chatkeep.%s set created_at = now() - interval '25 hours' where user_id = :user"
                            .formatted(table))
                    .param("user", userId(user))
                    .update();
        }

        @Test
        void getBackWhatCameToNothing() {
            String[] settings = {
                "chatkeep.auth.domains=" + TestWallet.DOMAIN,
                "chatkeep.free-messages.limit=1",
                "chatkeep.free-messages.new-account-age=24h"
            };
            try (TestServer server = TestServer.answering(
                    (prompt, cancellation, sink) -> {
                        throw new GenerationException(GenerationException.Kind.REFUSED, "no");
                    },
                    settings)) {
                Api wallet = fresh(server);

                assertThat(say(wallet, "m")).isEqualTo(200);

                assertThat(status(wallet).path("remaining").intValue()).isEqualTo(1);
                assertThat(status(fresh(server)).path("remaining").intValue()).isEqualTo(1);
            }
        }
    }

    @Nested
    class AnIdentityThatLeavesItsAccount {

        private static final String NOBODY_SHARES = "chatkeep.free-messages.new-account-age=0";

        @Test
        void hasUsedWhatTheErasedAccountHadUsed() {
            try (TestServer server = server(NOBODY_SHARES)) {
                TestWallet wallet = TestWallet.make();
                Api before = wallet.signIn(server.url());
                say(before, 2);
                erase(before);

                Api after = wallet.signIn(server.url());

                assertThat(userId(after)).isNotEqualTo(userId(before));
                assertThat(status(after).path("used").intValue()).isEqualTo(2);
                assertThat(status(after).has("resetAt")).isTrue();
                say(after, 1);
                assertThat(say(after, "more")).isEqualTo(429);

                erase(after);
                assertThat(say(wallet.signIn(server.url()), "again")).isEqualTo(429);
            }
        }

        @Test
        void hasUsedItAsAGuestWhoSignsInToo() {
            try (TestServer server = server(NOBODY_SHARES)) {
                TestWallet wallet = TestWallet.make();
                Api before = wallet.signIn(server.url());
                say(before, 2);
                erase(before);
                Api guest = server.guest();

                JsonNode signedIn = guest.post("/api/auth/login", wallet.proof(server.url()))
                        .json();

                Api after = new Api(server.url(), signedIn.path("sessionToken").stringValue());
                assertThat(status(after).path("used").intValue()).isEqualTo(2);
            }
        }

        @Test
        void hasUsedItWhenItWasRemovedAndMakesAnAccountOfItsOwnOrJoinsAnother() {
            try (TestServer server = server(NOBODY_SHARES)) {
                TestWallet removed = TestWallet.make();
                Api owner = removed.signIn(server.url());
                owner.post("/api/auth/wallets", TestWallet.make().proof(server.url()));
                say(owner, 3);
                assertThat(owner.delete("/api/auth/wallets/solana/" + removed.address())
                                .status())
                        .isEqualTo(200);

                assertThat(say(removed.signIn(server.url()), "m")).isEqualTo(429);

                assertThat(status(owner).path("used").intValue()).isEqualTo(3);
            }
        }

        @Test
        void hasUsedNoMoreWhenItComesBack() {
            try (TestServer server = server(NOBODY_SHARES)) {
                TestWallet removed = TestWallet.make();
                Api owner = TestWallet.make().signIn(server.url());
                owner.post("/api/auth/wallets", removed.proof(server.url()));
                say(owner, 1);
                owner.delete("/api/auth/wallets/solana/" + removed.address());

                owner.post("/api/auth/wallets", removed.proof(server.url()));

                assertThat(status(owner).path("used").intValue()).isEqualTo(1);
            }
        }

        @Test
        void hasUsedNothingInTheNextWindow() {
            try (TestServer server = server(NOBODY_SHARES)) {
                TestWallet wallet = TestWallet.make();
                Api before = wallet.signIn(server.url());
                say(before, 3);
                erase(before);
                server.database()
                        .sql()
                        .sql("update chatkeep.identity_usage set window_ends_at = now() - interval '1 second'")
                        .update();

                assertThat(status(wallet.signIn(server.url())).path("used").intValue())
                        .isZero();
            }
        }

        @Test
        void isNotNamedByWhatIsKept() {
            try (TestServer server = server(NOBODY_SHARES)) {
                TestWallet wallet = TestWallet.make();
                Api api = wallet.signIn(server.url());
                say(api, 1);
                erase(api);

                String kept = server.database()
                        .sql()
                        .sql("select string_agg(i::text, '') from chatkeep.identity_usage i")
                        .query(String.class)
                        .single();

                assertThat(kept)
                        .isNotBlank()
                        .doesNotContain(wallet.address(), userId(api).toString());
            }
        }
    }

    private static UUID userId(Api api) {
        Api.Answer session = api.get("/api/auth/session");
        return session.status() == 200
                ? UUID.fromString(session.json().path("user").path("id").stringValue())
                : new UUID(0, 0);
    }

    private static void erase(Api api) {
        String confirm = "{\"confirm\":\"%s\"}".formatted(userId(api));
        assertThat(api.send("DELETE", "/api/auth/user", BodyPublishers.ofString(confirm))
                        .status())
                .isEqualTo(202);
    }
}
