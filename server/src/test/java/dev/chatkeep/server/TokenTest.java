package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.chatkeep.server.TestIssuer.Mood;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Tokens of issuers.
class TokenTest {

    private static TestIssuer one;
    private static TestIssuer other;
    private static TestServer server;

    @BeforeAll
    static void start() throws IOException {
        one = new TestIssuer();
        other = new TestIssuer();
        server = TestServer.start(settings(one, 0), audience(0), settings(other, 1), audience(1));
    }

    @AfterAll
    static void stop() {
        try (TestIssuer _ = one;
                TestIssuer _ = other;
                TestServer _ = server) {
            // Closing is all there is to do.
        }
    }

    private static String settings(TestIssuer issuer, int number) {
        return "chatkeep.auth.issuers[" + number + "].issuer=" + issuer.name();
    }

    private static String audience(int number) {
        return "chatkeep.auth.issuers[" + number + "].audience=chat";
    }

    private static Api with(String token) {
        return new Api(server.url(), token);
    }

    private static String user(Api api) {
        Api.Answer answer = api.get("/api/auth/session");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json().path("user").path("id").stringValue();
    }

    @Test
    void theFirstRequestMakesTheUserAndLaterOnesCostNothing() {
        Api api = with(one.token("first"));

        api.say("hello", "m1", "Hello");

        assertThat(api.chat("hello").path("messages").size()).isEqualTo(2);
        assertThat(user(with(one.token("first")))).isEqualTo(user(api));
        assertThat(api.get("/api/auth/session")
                        .json()
                        .path("user")
                        .path("isGuest")
                        .booleanValue())
                .isFalse();
        assertThat(server.cost(() -> api.get("/api/chats"))).isEqualTo(1);
    }

    @Test
    void twelveFirstRequestsAtOnceMakeOneUser() throws Exception {
        Api api = with(one.token("twelve"));
        try (var threads = Executors.newFixedThreadPool(12)) {
            Callable<String> ask = () -> user(api);
            var users = new HashSet<String>();
            for (Future<String> answer : threads.invokeAll(java.util.Collections.nCopies(12, ask))) {
                users.add(answer.get());
            }
            assertThat(users).hasSize(1);
        }
    }

    @Test
    void aSubjectOfAnotherIssuerIsAnotherUser() {
        assertThat(user(with(one.token("same")))).isNotEqualTo(user(with(other.token("same"))));
    }

    @Test
    void anEllipticKeyIsAsGood() {
        assertThat(user(with(TestIssuer.sign(one.claims("ec"), one.ecKey())))).isEqualTo(user(with(one.token("ec"))));
    }

    @Test
    void whateverIsWrongWithATokenTheAnswerIsTheSame() throws JOSEException {
        String known = user(with(one.token("victim")));
        for (Map.Entry<String, String> wrong : wrongTokens().entrySet()) {
            Api.Answer answer = with(wrong.getValue()).get("/api/chats");
            assertThat(answer.status()).as(wrong.getKey()).isEqualTo(401);
            assertThat(answer.code()).as(wrong.getKey()).isEqualTo("unauthenticated");
            Api.Answer login = server.nobody().post("/api/auth/login", "{\"token\":\"" + wrong.getValue() + "\"}");
            assertThat(login.status()).as(wrong.getKey()).isEqualTo(401);
            assertThat(login.code()).as(wrong.getKey()).isEqualTo("sign_in_refused");
        }
        assertThat(user(with(one.token("victim")))).isEqualTo(known);
    }

    private static Map<String, String> wrongTokens() throws JOSEException {
        var wrong = new LinkedHashMap<String, String>();
        JWTClaimsSet good = one.claims("victim").build();
        wrong.put("alg none", new PlainJWT(good).serialize());
        wrong.put("HS256 with the public key", signedWithThePublicKey(good));
        wrong.put("another audience", sign(one.claims("victim").audience("other")));
        wrong.put("no audience", sign(one.claims("victim").audience((String) null)));
        wrong.put("another issuer", sign(one.claims("victim").issuer("https://elsewhere.example.com")));
        wrong.put("no issuer", sign(one.claims("victim").issuer(null)));
        wrong.put("issuer in another case", sign(one.claims("victim").issuer(one.name() + "/")));
        wrong.put("expired", sign(one.claims("victim").expirationTime(in(-31))));
        wrong.put("without end", sign(one.claims("victim").expirationTime(null)));
        wrong.put("not valid yet", sign(one.claims("victim").notBeforeTime(in(60))));
        wrong.put("no subject", sign(one.claims("victim").subject(null)));
        wrong.put("an empty subject", sign(one.claims(" ")));
        wrong.put("a subject that is too long", sign(one.claims("s".repeat(256))));
        wrong.put("a subject of two lines", sign(one.claims("victim\n")));
        wrong.put("an unknown key", TestIssuer.sign(one.claims("victim"), TestIssuer.rsa("unknown")));
        wrong.put("another key of the same id", TestIssuer.sign(one.claims("victim"), TestIssuer.rsa("rsa-1")));
        wrong.put("of one issuer, signed by the other", TestIssuer.sign(one.claims("victim"), other.rsaKey()));
        String token = one.token("victim");
        wrong.put("tampered", token.substring(0, token.length() - 5) + "AAAAA");
        wrong.put("cut", token.substring(0, token.lastIndexOf('.') + 1));
        wrong.put("garbage", "a.b.c");
        wrong.put(
                "encrypted",
                Base64URL.encode("{\"alg\":\"dir\",\"enc\":\"A256GCM\"}") + "..AAAAAAAAAAAAAAAA.AAAA.AAAA");
        wrong.put("long", "a".repeat(6_000));
        return wrong;
    }

    private static String sign(JWTClaimsSet.Builder claims) {
        return TestIssuer.sign(claims, one.rsaKey());
    }

    private static String signedWithThePublicKey(JWTClaimsSet claims) throws JOSEException {
        SignedJWT token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("rsa-1").build(), claims);
        token.sign(new MACSigner(one.rsaKey().toRSAPublicKey().getEncoded()));
        return token.serialize();
    }

    private static Date in(int seconds) {
        return Date.from(Instant.now().plusSeconds(seconds));
    }

    @Test
    void whereNoAudienceIsNamedThePartyCounts() throws IOException {
        try (TestIssuer issuer = new TestIssuer();
                TestServer server = TestServer.start(
                        settings(issuer, 0),
                        "chatkeep.auth.issuers[0].authorized-parties=https://app.example.com,https://b.example.com")) {
            for (String party : List.of("https://app.example.com", "https://b.example.com")) {
                assertThat(statusFor(server, issuer, issuer.claims("ada").claim("azp", party)))
                        .isEqualTo(200);
            }
            for (Object party : List.of("https://evil.example.com", "", List.of("https://app.example.com"))) {
                assertThat(statusFor(server, issuer, issuer.claims("ada").claim("azp", party)))
                        .isEqualTo(401);
            }
            assertThat(statusFor(server, issuer, issuer.claims("ada"))).isEqualTo(401);
        }
    }

    private static int statusFor(TestServer server, TestIssuer issuer, JWTClaimsSet.Builder claims) {
        String token = TestIssuer.sign(claims, issuer.rsaKey());
        return new Api(server.url(), token).get("/api/chats").status();
    }

    @Test
    void withinTheSkewATokenIsStillGood() {
        Date justOver = in(-20);
        assertThat(with(sign(one.claims("skew").expirationTime(justOver)))
                        .get("/api/chats")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void aTokenSignsAGuestInWhoKeepsWhatTheyHave() {
        Api guest = server.guest();
        guest.say("mine", "m1", "Hello");

        Api.Answer login = guest.post("/api/auth/login", "{\"token\":\"" + one.token("guest") + "\"}");

        assertThat(login.status()).as(login.text()).isEqualTo(200);
        Api session = with(login.json().path("sessionToken").stringValue());
        assertThat(session.chat("mine").path("messages").size()).isEqualTo(2);
        assertThat(user(session)).isEqualTo(user(with(one.token("guest"))));
    }

    @Test
    void whoHasNoSessionEndsNone() {
        Api api = with(one.token("logout"));

        assertThat(api.post("/api/auth/logout", "").json().path("revoked").intValue())
                .isZero();
        assertThat(api.get("/api/auth/session").json().has("sessionId")).isFalse();
    }

    @Test
    void anErasedUserIsSomeoneElseAtOnceOnEveryNode() {
        String token = one.token("erased");
        try (TestServer second =
                TestServer.answering(Scripts.saysText("Hi."), server.database(), settings(one, 0), audience(0))) {
            Api there = new Api(second.url(), token);
            Api here = with(token);
            String before = user(here);
            assertThat(user(there)).isEqualTo(before);

            here.send("DELETE", "/api/auth/user", BodyPublishers.ofString("{\"confirm\":\"" + before + "\"}"));

            assertThat(user(here)).isNotEqualTo(before);
            await().atMost(Duration.ofSeconds(1))
                    .untilAsserted(() -> assertThat(user(there)).isNotEqualTo(before));
            assertThat(user(there)).isEqualTo(user(here));
        }
    }

    @Test
    void keysMayChangeAndTheIssuerMayBeAway() throws IOException {
        try (TestIssuer issuer = new TestIssuer();
                TestServer server = TestServer.start(settings(issuer, 0), audience(0))) {
            String first = issuer.token("one");
            issuer.is(Mood.FAILING);
            Api.Answer never = new Api(server.url(), first).get("/api/chats");
            assertThat(never.status()).as(never.text()).isEqualTo(503);
            assertThat(never.code()).isEqualTo("issuer_unavailable");

            issuer.is(Mood.WELL);
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(new Api(server.url(), first)
                                    .get("/api/chats")
                                    .status())
                            .isEqualTo(200));

            issuer.rotate(List.of(TestIssuer.rsa("rsa-2"), issuer.ecKey()));
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(new Api(server.url(), issuer.token("two"))
                                    .get("/api/chats")
                                    .status())
                            .isEqualTo(200));

            issuer.is(Mood.HANGING);
            int before = issuer.fetches();
            for (int i = 0; i < 20; i++) {
                String unknown = TestIssuer.sign(issuer.claims("x"), TestIssuer.ec("unknown-" + i));
                Thread.startVirtualThread(() -> new Api(server.url(), unknown).get("/api/chats"));
                assertThat(new Api(server.url(), issuer.token("new-" + i))
                                .get("/api/chats")
                                .status())
                        .isEqualTo(200);
            }
            assertThat(issuer.fetches() - before).isLessThanOrEqualTo(2);
        }
    }

    @Test
    void anIssuerThatWouldLetInAnyoneKeepsTheServerFromStarting() {
        String issuer = "chatkeep.auth.issuers[0].issuer=";
        assertRefused("needs an audience or authorized parties", issuer + "https://issuer.example.com");
        assertRefused("needs an https address", issuer + "http://issuer.example.com", audience(0));
        assertRefused("is no URL", issuer + "my issuer", audience(0));
        assertRefused("chain of wallets", issuer + "solana", audience(0));
        assertRefused(
                "not signatures by a private key",
                issuer + "https://issuer.example.com",
                audience(0),
                "chatkeep.auth.issuers[0].algorithms=RS256,HS256");
    }

    private static void assertRefused(String why, String... settings) {
        assertThatThrownBy(() -> TestServer.start(settings).close()).hasStackTraceContaining(why);
    }
}
