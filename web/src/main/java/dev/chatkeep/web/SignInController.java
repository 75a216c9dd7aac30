package dev.chatkeep.web;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.db.TimeJson;
import dev.chatkeep.user.Identity;
import dev.chatkeep.user.Nonces;
import dev.chatkeep.user.User;
import dev.chatkeep.web.SignIns.SignedInAnswer;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.annotation.JsonSerialize;

/// `/api/auth/login`: signing in with a wallet's signature or an issuer's token.
@RestController
@RequestMapping("/api/auth")
final class SignInController {

    private static final int BODY_BYTES = 32 * 1024;

    private final Chatkeep chatkeep;
    private final Proofs proofs;
    private final SignIns signIns;

    SignInController(Chatkeep chatkeep, Proofs proofs, SignIns signIns) {
        this.chatkeep = chatkeep;
        this.proofs = proofs;
        this.signIns = signIns;
    }

    /// By the names that the message to be signed has for them.
    record NonceAnswer(
            boolean success,
            String nonce,
            @JsonSerialize(using = TimeJson.class) Instant issuedAt,
            @JsonSerialize(using = TimeJson.class) Instant expirationTime) {}

    /// What a wallet's message has to contain. The times are this server's, for clients whose clock is wrong.
    @PostMapping("/nonce")
    NonceAnswer nonce() {
        proofs.checkWalletsAllowed();
        Nonces.Nonce nonce = chatkeep.nonces().issue();
        return new NonceAnswer(true, nonce.text(), nonce.issuedAt(), nonce.expiresAt());
    }

    /// Signs in whoever the proof is of. A guest who is signed in until now keeps what they have.
    @PostMapping("/login")
    SignedInAnswer login(
            @AuthenticationPrincipal @Nullable CurrentUser guest,
            HttpServletRequest request,
            HttpServletResponse response) {
        SignInBody body = SignInBody.read(Body.bytes(request, BODY_BYTES));
        Identity identity = proofs.check(body, request.getRemoteAddr());
        User user = chatkeep.signIn(identity, Optional.ofNullable(guest).map(CurrentUser::id));
        return signIns.open(user, identity.issuer(), request, response);
    }
}
