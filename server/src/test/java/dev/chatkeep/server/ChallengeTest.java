package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.server.DescribedApi.Operation;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `WWW-Authenticate`, which each 401 has (RFC 6750).
class ChallengeTest {

    private static final String PLAIN = "Bearer realm=\"chatkeep\"";
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.answering(
                Scripts.saysText("Hi."), "chatkeep.auth.domains=" + TestWallet.DOMAIN, "chatkeep.hosts=chat.test");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<Operation> operations() {
        return DescribedApi.operations()
                .filter(operation -> operation.statuses().contains(401))
                .filter(operation -> !operation.path().equals("/api/auth/login"));
    }

    @ParameterizedTest
    @MethodSource("operations")
    void isOnEachRouteThatNeedsASession(Operation operation) {
        String path = operation.path().replaceAll("\\{.*?}", "x");

        assertChallenged(anonymous(operation.method(), path, "{}"), PLAIN);
        assertRefused(
                new Api(server.url(), "ck_unknown").send(operation.method(), path, BodyPublishers.ofString("{}")));
    }

    @Test
    void isOnARouteThatIsNotThere() {
        assertChallenged(anonymous("GET", "/api/nothing", ""), PLAIN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ck_csr3ZDRkqwHVNoBc2FSVw6aNNvFmSso3SCOu9vq7xQ4", "a.b.c", "x", "with space", "\"quoted\""})
    void namesATokenThatIsRefused(String token) {
        assertRefused(new Api(server.url(), token).get("/api/chats"));
    }

    @Test
    void namesATokenThatWasRevoked() {
        Api guest = server.guest();
        guest.post("/api/auth/logout", "");

        assertRefused(guest.get("/api/chats"));
    }

    @Test
    void namesNoTokenWhereAnotherSchemeOrACookieWasSent() {
        assertChallenged(sent("Authorization", "Basic YTpi"), PLAIN);
        assertChallenged(sent("Authorization", "Bearer"), PLAIN);
        assertChallenged(sent("Authorization", "Bearerck_x"), PLAIN);
        assertChallenged(sent("Cookie", "chatkeep_session=ck_unknown"), PLAIN);
        assertRefused(sent("Authorization", "bEARER ck_unknown"));
    }

    @Test
    void namesNoTokenWhereAProofWasRefused() {
        String proof = TestWallet.make().proof(server.url()).replace("Version: 1", "Version: 2");

        Api.Answer answer = server.guest().post("/api/auth/login", proof);

        assertThat(answer.code()).isEqualTo("sign_in_refused");
        assertChallenged(answer, PLAIN);
    }

    @Test
    void isOnNoOtherAnswer() {
        assertThat(server.guest().get("/api/chats").headers().firstValue("WWW-Authenticate"))
                .isEmpty();
        assertThat(server.guest().get("/api/chats/missing").headers().firstValue("WWW-Authenticate"))
                .isEmpty();
    }

    private static Api.Answer anonymous(String method, String path, String body) {
        return Api.anonymous(server.url()).send(method, path, BodyPublishers.ofString(body));
    }

    private static Api.Answer sent(String header, String value) {
        return Api.anonymous(server.url()).sendWith(header, value, "GET", "/api/chats", "");
    }

    private static void assertRefused(Api.Answer answer) {
        assertThat(answer.code()).isEqualTo("unauthenticated");
        assertChallenged(
                answer,
                PLAIN + ", error=\"invalid_token\","
                        + " error_description=\"The token is unknown, malformed, expired or revoked.\"");
    }

    private static void assertChallenged(Api.Answer answer, String challenge) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(401);
        assertThat(answer.headers().allValues("WWW-Authenticate")).containsExactly(challenge);
    }
}
