package dev.chatkeep.token;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.jwk.source.JWKSetUnavailableException;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jose.util.ResourceRetriever;
import dev.chatkeep.db.Json;
import java.io.IOException;
import java.net.URI;
import java.text.ParseException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// Fetches an issuer's keys, when they are first needed: an issuer that is away must not keep the server from
/// starting.
final class IssuerKeys implements JWKSetSource<SecurityContext> {

    private static final Logger LOG = LoggerFactory.getLogger(IssuerKeys.class);
    private static final int CONNECT_MILLIS = 2_000;
    private static final int READ_MILLIS = 3_000;
    private static final int BYTES = 256 * 1024;

    private final Issuer issuer;
    private final ResourceRetriever http = new DefaultResourceRetriever(CONNECT_MILLIS, READ_MILLIS, BYTES);
    private volatile @Nullable URI address;
    private volatile boolean wereFetched;

    IssuerKeys(Issuer issuer) {
        this.issuer = issuer;
        this.address = issuer.keys();
    }

    /// Whether the issuer ever answered.
    boolean wereFetched() {
        return wereFetched;
    }

    @Override
    public JWKSet getJWKSet(JWKSetCacheRefreshEvaluator refresh, long now, SecurityContext context)
            throws KeySourceException {
        try {
            URI from = address();
            JWKSet keys = JWKSet.parse(http.retrieveResource(from.toURL()).getContent());
            wereFetched = true;
            return keys;
        } catch (IOException | ParseException | JacksonException | IllegalArgumentException failure) {
            LOG.warn("the keys of issuer {} could not be fetched: {}", issuer.name(), failure.getMessage());
            throw new JWKSetUnavailableException("no keys of " + issuer.name(), failure);
        }
    }

    private URI address() throws IOException {
        URI known = address;
        if (known != null) {
            return known;
        }
        String content = http.retrieveResource(issuer.configuration().toURL()).getContent();
        JsonNode configuration = Json.MAPPER.readTree(content);
        if (!configuration.path("issuer").asString("").equals(issuer.name())) {
            throw new IOException("its OpenID configuration names another issuer");
        }
        URI found = URI.create(configuration.path("jwks_uri").asString(""));
        Issuer.checkAddress(issuer.name(), found);
        address = found;
        return found;
    }

    @Override
    public void close() {
        // Nothing stays open between fetches.
    }
}
