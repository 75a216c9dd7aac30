package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.chatkeep.signin.SignInRefused;
import dev.chatkeep.signin.WalletSignIn;
import dev.chatkeep.token.Issuer;
import dev.chatkeep.token.Issuers;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Whoever signs in may have a clock that is 30 seconds off, in either direction, and no more.
class ClockSkewTest {

    private static final Instant NOW = Instant.parse("2026-11-24T10:15:30Z");

    @Nested
    class AWalletsMessage {

        private final TestWallet wallet = TestWallet.make();
        private final WalletSignIn signIn = new WalletSignIn(List.of(TestWallet.DOMAIN), InstantSource.fixed(NOW));

        @ParameterizedTest
        @CsvSource({
            "30, 0, 300",
            "0, 30, 300",
            "30, 30, 300",
            "-330, 0, 300",
            "0, -100, 300",
            "-100, -100, -29",
        })
        void isGoodWithinTheSkew(int issuedAt, int notBefore, int expirationTime) {
            assertThat(prove(message(issuedAt, notBefore, expirationTime)).nonce())
                    .isEqualTo("abcdefgh12345678");
        }

        @ParameterizedTest
        @CsvSource({
            "31, 0, 300, issued in the future",
            "0, 31, 300, not valid yet",
            "-331, 0, 300, issued too long ago",
            "-100, -100, -30, expired",
        })
        void isRefusedBeyondIt(int issuedAt, int notBefore, int expirationTime, String reason) {
            assertThatThrownBy(() -> prove(message(issuedAt, notBefore, expirationTime)))
                    .isInstanceOf(SignInRefused.class)
                    .hasMessage(reason);
        }

        private WalletSignIn.Proof prove(String message) {
            return signIn.verify("solana", message, wallet.sign(message));
        }

        private String message(int issuedAt, int notBefore, int expirationTime) {
            return """
                    %1$s wants you to sign in with your Solana account:
                    %2$s

                    URI: https://%1$s
                    Version: 1
                    Chain ID: mainnet
                    Nonce: abcdefgh12345678
                    Issued At: %3$s
                    Expiration Time: %4$s
                    Not Before: %5$s""".formatted(TestWallet.DOMAIN, wallet.address(), in(issuedAt), in(expirationTime), in(notBefore));
        }
    }

    @Nested
    class ATokenOfAnIssuer {

        private static TestIssuer issuer;
        private static Issuers issuers;

        @BeforeAll
        static void start() throws IOException {
            issuer = new TestIssuer();
            issuers = new Issuers(
                    List.of(new Issuer(issuer.name(), List.of("chat"), List.of(), null, Issuer.ALGORITHMS)),
                    InstantSource.fixed(NOW));
        }

        @AfterAll
        static void stop() {
            issuers.close();
            issuer.close();
        }

        @ParameterizedTest
        @ValueSource(ints = {-3600, 0, 29})
        void isGoodFromHalfAMinuteBeforeItsBegin(int begin) {
            assertThat(isGood(claims -> claims.notBeforeTime(date(begin)))).isTrue();
            assertThat(isGood(claims -> claims.issueTime(date(begin)))).isTrue();
        }

        @ParameterizedTest
        @ValueSource(ints = {31, 3600})
        void isRefusedBeforeThat(int begin) {
            assertThat(isGood(claims -> claims.notBeforeTime(date(begin)))).isFalse();
            assertThat(isGood(claims -> claims.issueTime(date(begin)))).isFalse();
        }

        @Test
        void isGoodUntilHalfAMinuteAfterItsEnd() {
            assertThat(isGood(claims -> claims.expirationTime(date(-29)))).isTrue();
            assertThat(isGood(claims -> claims.expirationTime(date(-31)))).isFalse();
        }

        @Test
        void needsNoTimeOfIssue() {
            assertThat(isGood(claims -> claims.issueTime(null))).isTrue();
        }

        private static boolean isGood(Function<JWTClaimsSet.Builder, JWTClaimsSet.Builder> changes) {
            JWTClaimsSet.Builder good =
                    issuer.claims("ada").issueTime(Date.from(NOW)).expirationTime(date(600));
            return issuers.verify(TestIssuer.sign(changes.apply(good), issuer.rsaKey()))
                    .isPresent();
        }

        private static Date date(int seconds) {
            return Date.from(in(seconds));
        }
    }

    private static Instant in(int seconds) {
        return NOW.plus(Duration.ofSeconds(seconds));
    }
}
