package dev.chatkeep.signin;

/// Why a sign-in was refused, for the log. Whoever tried is told only that it was.
public final class SignInRefused extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public SignInRefused(String reason) {
        super(reason);
    }

    SignInRefused(String reason, Throwable cause) {
        super(reason, cause);
    }
}
