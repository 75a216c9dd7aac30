package dev.chatkeep.signin;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a wallet signed: EIP-4361, and Sign-In-With-Solana, which differs
/// in the first line only. Strict: every line is one the standard knows, in its order, and nothing follows.
/// Libraries differ in how many blank lines stand for a missing statement; one and two are read.
///
/// @param scheme of the origin, if the first line names one
/// @param account the word of the first line: `Solana` or `Ethereum`
record SignInMessage(
        @Nullable String scheme,
        String domain,
        String account,
        String address,
        String uri,
        String version,
        String chainId,
        String nonce,
        Instant issuedAt,
        @Nullable Instant expirationTime,
        @Nullable Instant notBefore) {

    private static final int LONGEST = 4_096;
    private static final Pattern FIRST_LINE = Pattern.compile(
            "(?:([a-z][a-z0-9+.-]*)://)?([^/?#@\\s]{1,255}) wants you to sign in with your (\\w+) account:");
    private static final Pattern NONCE = Pattern.compile("[A-Za-z0-9]{8,64}");

    /// @throws SignInRefused when it is not such a message
    static SignInMessage read(String text) {
        if (text.length() > LONGEST) {
            throw new SignInRefused("the message is too long");
        }
        return new Lines(text).message();
    }

    /// The lines of a message, read one after the other.
    private static final class Lines {

        private final List<String> lines;
        private int next;

        Lines(String text) {
            this.lines = Arrays.asList(text.split("\n", -1));
        }

        SignInMessage message() {
            Matcher first = FIRST_LINE.matcher(line());
            if (!first.matches()) {
                throw new SignInRefused("the first line is another");
            }
            String address = line();
            skipStatement();
            var message = new SignInMessage(
                    first.group(1),
                    first.group(2),
                    first.group(3),
                    address,
                    field("URI: "),
                    field("Version: "),
                    field("Chain ID: "),
                    nonce(field("Nonce: ")),
                    time(field("Issued At: ")),
                    optionalTime("Expiration Time: "),
                    optionalTime("Not Before: "));
            skipOptional("Request ID: ");
            skipResources();
            if (next < lines.size()) {
                throw new SignInRefused("a line that is not known, or not in its place");
            }
            return message;
        }

        private void skipStatement() {
            blank();
            if (!peek("URI: ") && !line().isEmpty()) {
                blank();
            }
        }

        private void blank() {
            if (!line().isEmpty()) {
                throw new SignInRefused("a blank line is missing");
            }
        }

        private void skipOptional(String name) {
            if (peek(name)) {
                next++;
            }
        }

        private void skipResources() {
            if (next < lines.size() && lines.get(next).equals("Resources:")) {
                next++;
                while (peek("- ")) {
                    next++;
                }
            }
        }

        private @Nullable Instant optionalTime(String name) {
            return peek(name) ? time(field(name)) : null;
        }

        private String field(String name) {
            if (!peek(name)) {
                throw new SignInRefused("the line \"" + name.strip() + "\" is missing");
            }
            return line().substring(name.length());
        }

        private boolean peek(String prefix) {
            return next < lines.size() && lines.get(next).startsWith(prefix);
        }

        private String line() {
            if (next >= lines.size()) {
                throw new SignInRefused("the message is too short");
            }
            return lines.get(next++);
        }

        private static String nonce(String text) {
            if (!NONCE.matcher(text).matches()) {
                throw new SignInRefused("the nonce is not 8 to 64 letters and digits");
            }
            return text;
        }

        private static Instant time(String text) {
            try {
                return OffsetDateTime.parse(text).toInstant();
            } catch (DateTimeException malformed) {
                throw new SignInRefused("a time is not of RFC 3339", malformed);
            }
        }
    }
}
