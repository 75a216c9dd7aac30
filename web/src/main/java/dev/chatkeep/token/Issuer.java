package dev.chatkeep.token;

import dev.chatkeep.user.Identity;
import java.net.URI;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A service whose tokens sign its users in. Nothing that a token says is asked for on the network: only what
/// is here.
///
/// @param name what its tokens have as `iss`, to the letter; the URL of its OpenID configuration when `keys` is
/// not given
/// @param audiences of which a token must have one as `aud`; any when empty
/// @param authorizedParties of which a token must have one as `azp`; any when empty
/// @param keys where its JWK set is
/// @param algorithms of which a token must be signed with one
public record Issuer(
        String name,
        List<String> audiences,
        List<String> authorizedParties,
        @Nullable URI keys,
        List<String> algorithms) {

    public static final List<String> ALGORITHMS = List.of("RS256", "ES256");

    private static final Set<String> KNOWN_ALGORITHMS =
            Set.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519");
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    /// @throws IllegalArgumentException when this would let in whom it should not
    public Issuer {
        if (Identity.isChain(name)) {
            throw new IllegalArgumentException("issuer " + name + " has the name of a chain of wallets.");
        }
        if (audiences.isEmpty() && authorizedParties.isEmpty()) {
            throw new IllegalArgumentException(
                    "issuer " + name + " needs an audience or authorized parties: else a token for any other"
                            + " application of this issuer would sign in here.");
        }
        if (algorithms.isEmpty() || !KNOWN_ALGORITHMS.containsAll(algorithms)) {
            throw new IllegalArgumentException("issuer " + name + " has algorithms that are not signatures by a"
                    + " private key: " + algorithms + ". Use RS256, ES256 or their like.");
        }
        checkAddress(name, keys != null ? keys : address(name));
    }

    /// Where to look for the keys' address.
    URI configuration() {
        return address((name.endsWith("/") ? name : name + "/") + ".well-known/openid-configuration");
    }

    /// @throws IllegalArgumentException for an address that others could answer for
    static void checkAddress(String issuer, URI address) {
        boolean isLoopback = address.getHost() != null && LOOPBACK.contains(address.getHost());
        boolean isSecure = "https".equals(address.getScheme()) && address.getHost() != null;
        if (!isSecure && !(isLoopback && "http".equals(address.getScheme()))) {
            throw new IllegalArgumentException(
                    "issuer " + issuer + " needs an https address of its keys (jwk-set-uri, or the issuer itself).");
        }
    }

    private static URI address(String text) {
        try {
            return URI.create(text);
        } catch (IllegalArgumentException malformed) {
            throw new IllegalArgumentException("issuer " + text + " is no URL; name its jwk-set-uri.", malformed);
        }
    }
}
