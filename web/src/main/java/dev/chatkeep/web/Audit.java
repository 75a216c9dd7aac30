package dev.chatkeep.web;

import dev.chatkeep.user.Identity;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/// The log of who came, who was refused, and what they did to their access: one line each, of the logger
/// `chatkeep.audit`, the same as text and as fields for a structured log. Never a token, a signature or a word
/// that was said.
final class Audit {

    private static final Logger LOG = LoggerFactory.getLogger("chatkeep.audit");

    private Audit() {}

    /// @param method guest, solana, eip155, or the issuer's name
    static void signIn(UUID user, UUID session, String method, @Nullable String address) {
        write("sign_in", "user", user, "session", session, "method", method, "address", address);
    }

    static void signInRefused(@Nullable String address, String method, String reason) {
        write("sign_in_refused", "method", method, "reason", reason, "address", address);
    }

    static void sessionsRevoked(UUID user, int number, @Nullable String address) {
        write("sessions_revoked", "user", user, "number", number, "address", address);
    }

    static void walletAdded(UUID user, Identity wallet, @Nullable String address) {
        write("wallet_added", "user", user, "wallet", caip(wallet), "address", address);
    }

    static void walletRemoved(UUID user, Identity wallet, @Nullable String address) {
        write("wallet_removed", "user", user, "wallet", caip(wallet), "address", address);
    }

    static void erasure(UUID receipt, @Nullable String address) {
        write("erasure", "receipt", receipt, "address", address);
    }

    static void freeMessagesSet(UUID admin, UUID user, String limit, @Nullable String address) {
        write("free_messages_set", "admin", admin, "user", user, "limit", limit, "address", address);
    }

    static void paymentDecided(UUID admin, UUID payment, String transaction, @Nullable String address) {
        write("payment_decided", "admin", admin, "payment", payment, "transaction", transaction, "address", address);
    }

    private static String caip(Identity wallet) {
        return wallet.issuer() + ":" + wallet.subject();
    }

    /// @param fields a name and its value, and so on
    private static void write(String event, @Nullable Object... fields) {
        StringBuilder line = new StringBuilder(event);
        LoggingEventBuilder log = LOG.atInfo().addKeyValue("event", event);
        for (int i = 0; i < fields.length; i += 2) {
            String value = oneLine(String.valueOf(fields[i + 1]));
            line.append(' ').append(fields[i]).append("=\"").append(value).append('"');
            log = log.addKeyValue(String.valueOf(fields[i]), value);
        }
        log.log(line.toString());
    }

    /// Without what could end the line, or the quotes: some of it was chosen by whoever is written about.
    private static String oneLine(String value) {
        StringBuilder clean = new StringBuilder();
        value.codePoints()
                .map(point -> Character.isISOControl(point) || point == '"' ? '_' : point)
                .forEach(clean::appendCodePoint);
        return clean.toString();
    }
}
