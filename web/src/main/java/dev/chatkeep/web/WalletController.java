package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.user.Identity;
import dev.chatkeep.user.Wallet;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Locale;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/// `/api/auth/wallets`: the wallets that whoever is signed in can sign in with.
@RestController
@RequestMapping("/api/auth/wallets")
final class WalletController {

    private static final int BODY_BYTES = 32 * 1024;

    private final Chatkeep chatkeep;
    private final Proofs proofs;

    WalletController(Chatkeep chatkeep, Proofs proofs) {
        this.chatkeep = chatkeep;
        this.proofs = proofs;
    }

    record WalletsAnswer(boolean success, List<Wallet> wallets) {}

    @GetMapping
    WalletsAnswer list(@AuthenticationPrincipal CurrentUser user) {
        return wallets(user);
    }

    /// Adds a wallet by the same proof that signs one in.
    @PostMapping
    WalletsAnswer add(@AuthenticationPrincipal CurrentUser user, HttpServletRequest request) {
        SignInBody.Wallet body = SignInBody.readWallet(Body.bytes(request, BODY_BYTES));
        Identity wallet = proofs.check(body, request.getRemoteAddr());
        chatkeep.wallets().add(user.id(), wallet);
        Audit.walletAdded(user.id(), wallet, request.getRemoteAddr());
        return wallets(user);
    }

    @DeleteMapping("/{chain}/{address}")
    WalletsAnswer remove(
            @AuthenticationPrincipal CurrentUser user,
            @PathVariable String chain,
            @PathVariable String address,
            HttpServletRequest request) {
        String known = chain.equals(Identity.EIP155) ? address.toLowerCase(Locale.ROOT) : address;
        Identity wallet = new Identity(chain, known);
        chatkeep.wallets().remove(user.id(), wallet);
        Audit.walletRemoved(user.id(), wallet, request.getRemoteAddr());
        return wallets(user);
    }

    private WalletsAnswer wallets(CurrentUser user) {
        return new WalletsAnswer(true, chatkeep.wallets().list(user.id()));
    }
}
