package dev.chatkeep.token;

import static java.util.stream.Collectors.toUnmodifiableMap;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.JWTParser;
import dev.chatkeep.ChatkeepException.Unavailable;
import dev.chatkeep.user.Hashes;
import dev.chatkeep.user.Identity;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The issuers an operator named, and whose their tokens are. A token that was verified lately is not verified
/// again: it costs no signature check and no network call.
public final class Issuers implements AutoCloseable {

    /// Of a token, in characters.
    public static final int LONGEST_TOKEN = 8_192;

    private static final Logger LOG = LoggerFactory.getLogger(Issuers.class);
    private static final Duration REMEMBERED = Duration.ofMinutes(5);
    private static final int REMEMBERED_TOKENS = 50_000;

    private final Map<String, TokenCheck> checks;
    private final InstantSource clock;
    private final Cache<String, Verified> verified = Caffeine.newBuilder()
            .maximumSize(REMEMBERED_TOKENS)
            .expireAfterWrite(REMEMBERED)
            .build();

    public Issuers(List<Issuer> issuers, InstantSource clock) {
        this.checks =
                issuers.stream().collect(toUnmodifiableMap(Issuer::name, issuer -> new TokenCheck(issuer, clock)));
        this.clock = clock;
    }

    /// @param until the end of the token
    record Verified(Identity identity, Instant until) {}

    /// Whose token this is; nobody's when it is not one that is valid here and now.
    ///
    /// @throws Unavailable when its issuer was never reached, so that nobody can tell
    public Optional<Identity> verify(String token) {
        if (checks.isEmpty() || token.length() > LONGEST_TOKEN) {
            return Optional.empty();
        }
        String hash = Hashes.sha256(token);
        Verified known = verified.getIfPresent(hash);
        if (known == null) {
            Optional<Verified> found = check(token);
            found.ifPresent(now -> verified.put(hash, now));
            return found.map(Verified::identity);
        }
        return clock.instant().isBefore(known.until()) ? Optional.of(known.identity()) : Optional.empty();
    }

    private Optional<Verified> check(String token) {
        try {
            JWT jwt = JWTParser.parse(token);
            JWTClaimsSet claims = jwt.getJWTClaimsSet(); // none can be read of an encrypted one
            String issuer = claims == null ? null : claims.getIssuer();
            TokenCheck check = issuer == null ? null : checks.get(issuer);
            if (check == null) {
                throw new TokenRefused("of no issuer that is known here");
            }
            return Optional.of(check.verify(jwt));
        } catch (ParseException malformed) {
            LOG.debug("a token was refused: malformed", malformed);
        } catch (TokenRefused refusal) {
            LOG.info("a token was refused: {}", refusal.getMessage());
        }
        return Optional.empty();
    }

    @Override
    public void close() {
        checks.values().forEach(TokenCheck::close);
    }
}
