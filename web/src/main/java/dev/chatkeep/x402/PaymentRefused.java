package dev.chatkeep.x402;

import org.jspecify.annotations.Nullable;

/// What was offered pays for nothing. The reason is one word, of x402's or ours, that may be shown to anyone; what a
/// facilitator says in sentences may name the addresses it talks to and is not kept here.
public final class PaymentRefused extends Exception {

    private static final long serialVersionUID = 1L;
    private static final int LONGEST = 80;

    private final String reason;

    PaymentRefused(String reason) {
        this(reason, null);
    }

    PaymentRefused(String reason, @Nullable Throwable cause) {
        super(reason, cause);
        this.reason = word(reason);
    }

    /// A word such as `invalid_exact_evm_nonce_already_used`.
    public String reason() {
        return reason;
    }

    /// A facilitator's reason, if it is a word.
    static String word(String reason) {
        return reason.length() <= LONGEST && reason.matches("[a-z0-9_]+") ? reason : "payment_refused";
    }
}
