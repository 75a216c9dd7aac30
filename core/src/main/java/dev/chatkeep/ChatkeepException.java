package dev.chatkeep;

import dev.chatkeep.db.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Everything that Chatkeep refuses, in the few kinds that make a difference to a caller. The message is safe
/// to show to the one who asked; [#code] is stable and meant for programs.
public abstract sealed class ChatkeepException extends RuntimeException implements Refusal {

    private static final long serialVersionUID = 1L;

    private final String code;

    private ChatkeepException(String code, String message) {
        super(message);
        this.code = code;
    }

    /// A stable word for programs, such as `chat_not_found`.
    public String code() {
        return code;
    }

    /// What was asked for is not there; or it is someone else's, which looks just the same.
    public static final class NotFound extends ChatkeepException {
        private static final long serialVersionUID = 1L;

        public NotFound(String code, String message) {
            super(code, message);
        }

        public static NotFound chat() {
            return new NotFound("chat_not_found", "There is no such chat.");
        }

        public static NotFound message() {
            return new NotFound("message_not_found", "There is no such message in this chat.");
        }
    }

    /// The caller's own chat lies in the trash.
    public static final class Gone extends ChatkeepException {
        private static final long serialVersionUID = 1L;
        private final String chatId;

        private Gone(String chatId) {
            super("chat_deleted", "This chat was deleted. It can be restored.");
            this.chatId = chatId;
        }

        public static Gone chat(String chatId) {
            return new Gone(chatId);
        }

        /// The chat that [dev.chatkeep.chat.Chats#restore] brings back.
        public String chatId() {
            return chatId;
        }
    }

    /// The state of things does not allow it now.
    public static final class Conflict extends ChatkeepException {
        private static final long serialVersionUID = 1L;
        private final @Nullable UUID runId;

        public Conflict(String code, String message) {
            this(code, message, null);
        }

        private Conflict(String code, String message, @Nullable UUID runId) {
            super(code, message);
            this.runId = runId;
        }

        /// Another answer is being written where this one would go.
        public static Conflict runActive(UUID runId) {
            return new Conflict(
                    "run_active", "This chat is being answered. Wait until the answer has ended, or stop it.", runId);
        }

        /// The run that is in the way, if one is.
        public Optional<UUID> runId() {
            return Optional.ofNullable(runId);
        }
    }

    /// The thing has changed since the caller saw it.
    public static final class PreconditionFailed extends ChatkeepException {
        private static final long serialVersionUID = 1L;

        public PreconditionFailed(String code, String message) {
            super(code, message);
        }

        public static PreconditionFailed chat() {
            return new PreconditionFailed("chat_changed", "The chat has changed since. Read it again.");
        }
    }

    /// The input is wrong, and `field` is where.
    public static final class Invalid extends ChatkeepException {
        private static final long serialVersionUID = 1L;
        private final @Nullable String field;

        public Invalid(String code, @Nullable String field, String message) {
            super(code, message);
            this.field = field;
        }

        /// An input error of the general kind, code `invalid_field`.
        public static Invalid field(String field, String message) {
            return new Invalid("invalid_field", field, message);
        }

        /// The field as the caller wrote it, such as `message.parts[3].text`; empty when the whole input is
        /// unreadable.
        public Optional<String> field() {
            return Optional.ofNullable(field);
        }

        /// As a log shows it: with the name of the field, which the message is without, since it is shown
        /// beside it.
        @Override
        @SuppressWarnings("OverrideThrowableToString")
        public String toString() {
            return super.toString() + (field == null ? "" : " (" + field + ")");
        }
    }

    /// The input is larger than the limit named in the message.
    public static final class TooLarge extends ChatkeepException {
        private static final long serialVersionUID = 1L;
        private final @Nullable String field;

        public TooLarge(@Nullable String field, String message) {
            super("too_large", message);
            this.field = field;
        }

        public Optional<String> field() {
            return Optional.ofNullable(field);
        }
    }

    /// Nobody is signed in, the session is over, or there is no such user any more.
    public static final class Unauthenticated extends ChatkeepException {
        private static final long serialVersionUID = 1L;

        public Unauthenticated() {
            super("unauthenticated", "Nobody is signed in.");
        }

        private Unauthenticated(String code, String message) {
            super(code, message);
        }

        /// Whoever should own what was to be read or written is not there.
        public static Unauthenticated noUser() {
            return new Unauthenticated("unauthenticated", "There is no such user.");
        }

        /// A proof of who someone is that proves nothing. Never says why.
        public static Unauthenticated signIn() {
            return new Unauthenticated("sign_in_refused", "This does not sign anyone in. Begin anew.");
        }
    }

    /// The caller is known but may not do this.
    public static final class Forbidden extends ChatkeepException {
        private static final long serialVersionUID = 1L;

        public Forbidden(String code, String message) {
            super(code, message);
        }
    }

    /// The caller asks too often; the same request may succeed after [#retryAfter].
    public static final class TooMany extends ChatkeepException {
        private static final long serialVersionUID = 1L;
        private final Duration retryAfter;

        public TooMany(String code, String message, Duration retryAfter) {
            super(code, message);
            this.retryAfter = retryAfter;
        }

        public Duration retryAfter() {
            return retryAfter;
        }
    }

    /// The caller has had all their free messages, and nothing is paid for this one. What is answered to that
    /// is up to whether payments are taken.
    public static final class PaymentRequired extends ChatkeepException {
        private static final long serialVersionUID = 1L;
        private final int limit;
        private final @Nullable Instant resetAt;
        private final String turnKey;

        public PaymentRequired(int limit, @Nullable Instant resetAt, String turnKey) {
            super(
                    "free_messages_spent",
                    "All free messages are used: " + limit + (resetAt == null ? "." : " until " + resetAt + "."));
            this.limit = limit;
            this.resetAt = resetAt;
            this.turnKey = turnKey;
        }

        /// Names what was asked, within its chat.
        public String turnKey() {
            return turnKey;
        }

        /// How many there are.
        public int limit() {
            return limit;
        }

        /// When there are new ones; empty: never by itself.
        public Optional<Instant> resetAt() {
            return Optional.ofNullable(resetAt);
        }
    }

    /// The server cannot do it now; the same request may succeed after [#retryAfter].
    public static final class Unavailable extends ChatkeepException {
        private static final long serialVersionUID = 1L;
        private final Duration retryAfter;

        public Unavailable(String code, String message, Duration retryAfter) {
            super(code, message);
            this.retryAfter = retryAfter;
        }

        public Duration retryAfter() {
            return retryAfter;
        }
    }
}
