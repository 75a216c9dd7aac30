package dev.chatkeep.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.chatkeep.Chatkeep;
import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.NotFound;
import dev.chatkeep.db.TimeJson;
import dev.chatkeep.user.Identity;
import dev.chatkeep.user.Sessions;
import dev.chatkeep.user.Wallet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.annotation.JsonSerialize;

/// `/api/auth/wallets`: the wallets that whoever is signed in can sign in with.
@RestController
@RequestMapping("/api/auth/wallets")
final class WalletController {

    private static final int BODY_BYTES = 32 * 1024;

    private final Chatkeep chatkeep;
    private final Proofs proofs;
    private final SignIns signIns;

    WalletController(Chatkeep chatkeep, Proofs proofs, SignIns signIns) {
        this.chatkeep = chatkeep;
        this.proofs = proofs;
        this.signIns = signIns;
    }

    /// @param sessionToken of the session that replaces the one that asked; absent when that one goes on
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record WalletsAnswer(
            boolean success,
            List<Wallet> wallets,
            @Nullable String sessionToken,
            @JsonSerialize(using = TimeJson.class) @Nullable Instant expiresAt) {}

    @GetMapping
    WalletsAnswer list(@AuthenticationPrincipal CurrentUser user) {
        return wallets(user);
    }

    /// Adds a wallet by the same proof that signs one in. Every other session of the account ends; a guest's
    /// own
    /// is replaced by a new one.
    @PostMapping
    WalletsAnswer add(
            @AuthenticationPrincipal CurrentUser user, HttpServletRequest request, HttpServletResponse response) {
        SignInBody.Wallet body = SignInBody.readWallet(Body.bytes(request, BODY_BYTES));
        Identity wallet = proofs.check(body, request.getRemoteAddr());
        boolean isSessionEnded = chatkeep.wallets().add(user.id(), user.sessionId(), wallet);
        Audit.walletAdded(user.id(), wallet, request.getRemoteAddr());
        if (!isSessionEnded) {
            return wallets(user);
        }
        Sessions.Opened opened = signIns.openSession(user.id(), wallet.issuer(), request, response);
        return new WalletsAnswer(
                true,
                chatkeep.wallets().list(user.id()),
                opened.token().text(),
                opened.session().expiresAt());
    }

    /// Removes a wallet. Every other session of the account ends.

    @DeleteMapping("/{chain}/{address}")
    WalletsAnswer remove(
            @AuthenticationPrincipal CurrentUser user,
            @PathVariable String chain,
            @PathVariable String address,
            HttpServletRequest request) {
        Identity wallet = identity(chain, address);
        chatkeep.wallets().remove(user.id(), user.sessionId(), wallet);
        Audit.walletRemoved(user.id(), wallet, request.getRemoteAddr());
        return wallets(user);
    }

    private static Identity identity(String chain, String address) {
        try {
            return new Identity(chain, chain.equals(Identity.EIP155) ? address.toLowerCase(Locale.ROOT) : address);
        } catch (Invalid none) {
            throw new NotFound("wallet_not_found", "There is no such wallet.");
        }
    }

    private WalletsAnswer wallets(CurrentUser user) {
        return new WalletsAnswer(true, chatkeep.wallets().list(user.id()), null, null);
    }
}
