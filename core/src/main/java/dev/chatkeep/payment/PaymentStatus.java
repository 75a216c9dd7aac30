package dev.chatkeep.payment;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/// How far a payment is.
public enum PaymentStatus {
    /// Its signature was found good; it is about to be settled.
    VERIFIED,
    /// An attempt to settle it may have moved the money and did not say so. Tried again, or decided by an admin.
    PENDING,
    /// The money is here.
    SETTLED,
    /// It was refused; no money was moved.
    FAILED;

    /// The word on the wire and in the row.
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static PaymentStatus of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
