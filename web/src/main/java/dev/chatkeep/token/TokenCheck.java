package dev.chatkeep.token;

import static java.util.stream.Collectors.toUnmodifiableSet;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.IOUtils;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.BadJWTException;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.chatkeep.ChatkeepException.Unavailable;
import dev.chatkeep.db.CleanText;
import dev.chatkeep.user.Identity;
import java.io.Closeable;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/// What one issuer's tokens have to be like. Its keys are fetched when first needed, again in the background
/// when they are five minutes old and at once for a key that is not known, and are used for a day while the
/// issuer is away.
final class TokenCheck implements Closeable {

    /// How far an issuer's clock may be from this server's, in either direction, for each time of a token.
    private static final Duration MAX_CLOCK_SKEW = Duration.ofSeconds(30);

    private static final Duration KEYS_KEPT = Duration.ofHours(1);
    private static final Duration KEYS_FRESH = Duration.ofMinutes(5);
    private static final Duration KEYS_AWAITED = Duration.ofSeconds(10);
    private static final Duration KEYS_WITHOUT_ISSUER = Duration.ofDays(1);
    private static final Duration RETRY = Duration.ofSeconds(5);
    private static final int LONGEST_SUBJECT = 255;

    private final Issuer issuer;
    private final IssuerKeys fetched;
    private final JWKSource<SecurityContext> keys;
    private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();

    TokenCheck(Issuer issuer, InstantSource clock) {
        this.issuer = issuer;
        this.fetched = new IssuerKeys(issuer);
        this.keys = JWKSourceBuilder.create(fetched)
                .cache(KEYS_KEPT.toMillis(), KEYS_AWAITED.toMillis())
                .refreshAheadCache(
                        KEYS_KEPT.minus(KEYS_FRESH).toMillis(),
                        null,
                        Executors.newVirtualThreadPerTaskExecutor(),
                        true,
                        null,
                        false)
                .rateLimited(RETRY.toMillis())
                .outageTolerant(KEYS_WITHOUT_ISSUER.toMillis())
                .build();
        Set<JWSAlgorithm> algorithms =
                issuer.algorithms().stream().map(JWSAlgorithm::parse).collect(toUnmodifiableSet());
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(algorithms, keys));
        processor.setJWSTypeVerifier(
                new DefaultJOSEObjectTypeVerifier<>(JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
        processor.setJWTClaimsSetVerifier(new Claims(issuer, clock));
    }

    /// The claims every token needs, by the clock of this server.
    private static final class Claims extends DefaultJWTClaimsVerifier<SecurityContext> {

        private final InstantSource clock;

        Claims(Issuer issuer, InstantSource clock) {
            super(
                    issuer.audiences().isEmpty() ? null : new HashSet<>(issuer.audiences()),
                    new JWTClaimsSet.Builder().issuer(issuer.name()).build(),
                    Set.of("sub", "exp"),
                    null);
            this.clock = clock;
            setMaxClockSkew((int) MAX_CLOCK_SKEW.toSeconds());
        }

        /// As the library does, which leaves the time of issue alone.
        @Override
        public void verify(JWTClaimsSet claims, @Nullable SecurityContext context) throws BadJWTException {
            super.verify(claims, context);
            Date issued = claims.getIssueTime();
            if (issued != null && issued.toInstant().isAfter(clock.instant().plus(MAX_CLOCK_SKEW))) {
                throw new BadJWTException("issued in the future");
            }
        }

        @Override
        protected Date currentTime() {
            return Date.from(clock.instant());
        }
    }

    /// @throws TokenRefused unless it is valid
    /// @throws Unavailable when there are no keys to tell by
    Issuers.Verified verify(JWT token) throws TokenRefused {
        try {
            JWTClaimsSet claims = processor.process(token, null);
            List<String> parties = issuer.authorizedParties();
            if (!parties.isEmpty() && !parties.contains(claims.getStringClaim("azp"))) {
                throw new TokenRefused("for another party");
            }
            String subject = claims.getSubject();
            if (subject.isBlank() || subject.length() > LONGEST_SUBJECT || !isText(subject)) {
                throw new TokenRefused("its subject is empty, too long, or not text");
            }
            Instant until = claims.getExpirationTime().toInstant().plus(MAX_CLOCK_SKEW);
            return new Issuers.Verified(new Identity(issuer.name(), subject), until);
        } catch (KeySourceException noKeys) {
            if (noKeys instanceof RateLimitReachedException && fetched.wereFetched()) {
                throw new TokenRefused("a key that is not known", noKeys);
            }
            Unavailable unavailable =
                    new Unavailable("issuer_unavailable", "The issuer of this token does not answer.", RETRY);
            unavailable.initCause(noKeys);
            throw unavailable;
        } catch (BadJOSEException | JOSEException | ParseException invalid) {
            throw new TokenRefused(String.valueOf(invalid.getMessage()), invalid);
        }
    }

    private static boolean isText(String text) {
        return !CleanText.hasLoneSurrogate(text) && text.codePoints().noneMatch(Character::isISOControl);
    }

    @Override
    public void close() {
        if (keys instanceof Closeable open) {
            IOUtils.closeSilently(open);
        }
    }
}
