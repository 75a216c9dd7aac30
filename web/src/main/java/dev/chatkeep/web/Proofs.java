package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.ChatkeepException.Forbidden;
import dev.chatkeep.ChatkeepException.Unauthenticated;
import dev.chatkeep.signin.SignInRefused;
import dev.chatkeep.signin.WalletSignIn;
import dev.chatkeep.token.Issuers;
import dev.chatkeep.user.Identity;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/// Whom a proof is of. Whatever is wrong with one, the answer is the same; the log has the reason.
@Component
final class Proofs {

    private final Chatkeep chatkeep;
    private final WalletSignIn wallets;
    private final Issuers issuers;

    Proofs(Chatkeep chatkeep, WalletSignIn wallets, Issuers issuers) {
        this.chatkeep = chatkeep;
        this.wallets = wallets;
        this.issuers = issuers;
    }

    /// @throws Forbidden when no wallet can sign in here
    void checkWalletsAllowed() {
        if (!wallets.isEnabled()) {
            throw new Forbidden("wallets_disabled", "This server signs no wallets in.");
        }
    }

    /// @throws Unauthenticated for a proof of nothing
    Identity check(SignInBody body, String address) {
        return switch (body) {
            case SignInBody.Wallet wallet -> check(wallet, address);
            case SignInBody.Token token ->
                issuers.verify(token.text()).orElseThrow(() -> refusal(address, "token", "not valid"));
        };
    }

    /// @throws Unauthenticated for a proof of nothing
    Identity check(SignInBody.Wallet body, String address) {
        checkWalletsAllowed();
        try {
            WalletSignIn.Proof proof = wallets.verify(body.chain(), body.message(), body.signature());
            // Only now: whoever merely saw a nonce cannot use it up.
            if (!chatkeep.nonces().consume(proof.nonce())) {
                throw new SignInRefused("the nonce is not ours, was used, or is too old");
            }
            return proof.identity();
        } catch (SignInRefused refused) {
            Unauthenticated refusal = refusal(address, body.chain(), refused.getMessage());
            refusal.initCause(refused);
            throw refusal;
        }
    }

    private static Unauthenticated refusal(String address, String method, @Nullable String reason) {
        Audit.signInRefused(address, method, String.valueOf(reason));
        return Unauthenticated.signIn();
    }
}
