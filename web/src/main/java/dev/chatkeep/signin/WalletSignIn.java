package dev.chatkeep.signin;

import dev.chatkeep.user.Identity;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// Whether a wallet's signed message proves who someone is: signed by the address it names, for this server,
/// lately. That its nonce is ours, and was not used before, is the caller's to find out.
public final class WalletSignIn {

    private static final Duration MAX_AGE = Duration.ofMinutes(5);

    /// How far the signer's clock may be from this server's, in either direction, for each time of a message.
    private static final Duration MAX_CLOCK_SKEW = Duration.ofSeconds(30);

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");

    /// How wallets name Solana's networks; the last three by CAIP-2, the hash of the network's first block. A
    /// key is the same on all of them.
    private static final Set<String> SOLANA_CHAINS = Set.of(
            "mainnet",
            "devnet",
            "testnet",
            "solana:mainnet",
            "solana:devnet",
            "solana:testnet",
            "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
            "EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
            "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3z");

    private static final Pattern EVM_CHAIN = Pattern.compile("[1-9]\\d{0,18}");

    private final Set<String> domains;
    private final InstantSource clock;

    /// @param domains that messages may be signed for, such as `app.example.com` or `localhost:3000`; never
    ///     taken from a request
    public WalletSignIn(List<String> domains, InstantSource clock) {
        this.domains = Set.copyOf(domains);
        this.clock = clock;
    }

    /// What a wallet proved.
    ///
    /// @param nonce to be consumed before anyone is signed in
    public record Proof(Identity identity, String nonce) {}

    /// Whether there is any domain that a message could be signed for.
    public boolean isEnabled() {
        return !domains.isEmpty();
    }

    /// @param chain [Identity#SOLANA] or [Identity#EIP155]
    /// @param text the message as the wallet returned it; its UTF-8 is what was signed
    /// @throws SignInRefused when it proves nothing
    public Proof verify(String chain, String text, String signature) {
        SignInMessage message = SignInMessage.read(text);
        Identity identity = signer(chain, message, text.getBytes(StandardCharsets.UTF_8), signature);
        checkOrigin(message);
        checkTime(message, clock.instant());
        return new Proof(identity, message.nonce());
    }

    private static Identity signer(String chain, SignInMessage message, byte[] signed, String signature) {
        boolean isKnown = message.version().equals("1");
        return switch (chain) {
            case Identity.SOLANA -> {
                SolanaSignature.verify(message.address(), signed, signature);
                check(isKnown && message.account().equals("Solana"), "another version or account");
                check(SOLANA_CHAINS.contains(message.chainId()), "a network that is not known");
                yield new Identity(chain, message.address());
            }
            case Identity.EIP155 -> {
                String address = EthereumSignature.verify(message.address(), signed, signature);
                check(isKnown && message.account().equals("Ethereum"), "another version or account");
                check(EVM_CHAIN.matcher(message.chainId()).matches(), "a chain id that is no number");
                yield new Identity(chain, address);
            }
            default -> throw new SignInRefused("a chain that is not known");
        };
    }

    private void checkOrigin(SignInMessage message) {
        String scheme = message.scheme();
        check(domains.contains(message.domain()), "for another domain");
        check(scheme == null || isSecure(scheme, message.domain()), "an origin without TLS");
        URI uri;
        try {
            uri = URI.create(message.uri());
        } catch (IllegalArgumentException malformed) {
            throw new SignInRefused("a malformed URI", malformed);
        }
        String authority = uri.getRawAuthority();
        check(authority != null && domains.contains(authority), "for another URI");
        check(authority != null && isSecure(String.valueOf(uri.getScheme()), authority), "a URI without TLS");
    }

    private static boolean isSecure(String scheme, String authority) {
        boolean isLoopback = LOOPBACK.contains(PORT.matcher(authority).replaceFirst(""));
        return scheme.equals("https") || (isLoopback && scheme.equals("http"));
    }

    private static void checkTime(SignInMessage message, Instant now) {
        Instant earliest = now.minus(MAX_CLOCK_SKEW);
        Instant latest = now.plus(MAX_CLOCK_SKEW);
        check(!message.issuedAt().isBefore(earliest.minus(MAX_AGE)), "issued too long ago");
        check(!message.issuedAt().isAfter(latest), "issued in the future");
        Instant end = message.expirationTime();
        check(end == null || earliest.isBefore(end), "expired");
        Instant begin = message.notBefore();
        check(begin == null || !latest.isBefore(begin), "not valid yet");
    }

    private static void check(boolean isRight, String otherwise) {
        if (!isRight) {
            throw new SignInRefused(otherwise);
        }
    }
}
