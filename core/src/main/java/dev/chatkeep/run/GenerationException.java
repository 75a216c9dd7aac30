package dev.chatkeep.run;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A model failed to answer. The message is for operators and may hold what the provider said; clients are
/// shown [Kind#text] only.
public final class GenerationException extends Exception {

    private static final long serialVersionUID = 1L;

    /// What went wrong, in the kinds that make a difference to who reads it.
    public enum Kind {
        /// The provider refused the request itself (400, 404, 422): asking again changes nothing.
        REFUSED("The model provider refused the request.", false),
        /// The key is missing, wrong or spent (401, 402, 403).
        UNAUTHORIZED("The model provider did not accept the server's credentials.", false),
        RATE_LIMITED("The model is rate limited. Try again later.", true),
        /// 5xx, overloaded, connection refused.
        UNAVAILABLE("The model is not available right now. Try again later.", true),
        /// No answer, or silence in the middle of one.
        TIMEOUT("The model did not answer in time.", true),
        /// The stream ended early or could not be read.
        BROKEN("The model broke off in the middle of the answer.", true),
        /// The answer is longer than its reader takes. What was said until then is kept, and ends as one that
        /// reached the model's own limit.
        TOO_LONG("The model's answer is longer than the server takes.", false);

        private final String text;
        private final boolean retryable;

        Kind(String text, boolean retryable) {
            this.text = text;
            this.retryable = retryable;
        }

        /// A sentence that is safe to show to anyone.
        public String text() {
            return text;
        }

        /// Whether the same request may succeed when asked again, provided nothing was said yet.
        public boolean retryable() {
            return retryable;
        }
    }

    private final Kind kind;
    private final @Nullable Duration retryAfter;

    public GenerationException(Kind kind, String message) {
        this(kind, message, null, null);
    }

    public GenerationException(Kind kind, String message, @Nullable Duration retryAfter, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.retryAfter = retryAfter;
    }

    public Kind kind() {
        return kind;
    }

    /// How long the provider asked to wait.
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
