package dev.chatkeep.token;

/// Why a token was refused, for the log.
final class TokenRefused extends Exception {

    private static final long serialVersionUID = 1L;

    TokenRefused(String reason) {
        super(reason);
    }

    TokenRefused(String reason, Throwable cause) {
        super(reason, cause);
    }
}
