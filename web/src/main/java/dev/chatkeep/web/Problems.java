package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException;
import dev.chatkeep.ChatkeepException.Conflict;
import dev.chatkeep.ChatkeepException.Forbidden;
import dev.chatkeep.ChatkeepException.Gone;
import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.NotFound;
import dev.chatkeep.ChatkeepException.PaymentRequired;
import dev.chatkeep.ChatkeepException.PreconditionFailed;
import dev.chatkeep.ChatkeepException.TooLarge;
import dev.chatkeep.ChatkeepException.TooMany;
import dev.chatkeep.ChatkeepException.Unauthenticated;
import dev.chatkeep.ChatkeepException.Unavailable;
import dev.chatkeep.Ids;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.SqlErrors;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.web.ErrorResponse;

/// What is answered to which failure. Whatever is not a refusal of ours is a 500 with an id that the log knows,
/// and no detail: no statement, no stack trace, no secret leaves the server.
final class Problems {

    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);
    private static final String UNAUTHENTICATED = new Unauthenticated().code();
    private static final Duration DATABASE_RETRY = Duration.ofSeconds(2);

    private Problems() {}

    /// The answer to a failure of this request.
    static ResponseEntity<Problem> answer(HttpServletRequest request, Exception failure) {
        ResponseEntity<Problem> answer = answer(failure);
        Problem problem = Objects.requireNonNull(answer.getBody());
        if (!problem.code().equals(UNAUTHENTICATED)) {
            return answer;
        }
        return ResponseEntity.status(answer.getStatusCode())
                .headers(answer.getHeaders())
                .headers(headers -> headers.set(HttpHeaders.WWW_AUTHENTICATE, Challenge.to(request)))
                .body(problem);
    }

    private static ResponseEntity<Problem> answer(Exception failure) {
        if (failure instanceof ChatkeepException refusal) {
            return refused(refusal);
        }
        if (failure instanceof HttpRefusal refusal) {
            return refusal.answer();
        }
        if (failure instanceof ErrorResponse framework
                && framework.getStatusCode().is4xxClientError()) {
            HttpStatus status = HttpStatus.valueOf(framework.getStatusCode().value());
            String code = status.name().toLowerCase(Locale.ROOT);
            return ResponseEntity.status(status)
                    .headers(framework.getHeaders())
                    .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                    .body(Problem.of(status, code, status.getReasonPhrase() + ".", null));
        }
        if (failure instanceof RequestRejectedException) {
            return answer(
                    HttpStatus.BAD_REQUEST,
                    "malformed_request",
                    "The request's headers are not acceptable.",
                    "headers");
        }
        String instance = "urn:uuid:" + Ids.uuid();
        if (SqlErrors.isUnavailable(failure)) {
            LOG.warn("{} the database is away: {}", instance, failure.getMessage());
            return refused(new Unavailable(
                    "database_unavailable", "The database is not available right now. Try again.", DATABASE_RETRY));
        }
        if (SqlErrors.isOrphan(failure)) {
            // The user was deleted while this request was under way; a session of theirs is refused from now on.
            return refused(new Unauthenticated());
        }
        LOG.error("{} unexpected failure", instance, failure);
        String detail = "The server failed. The operator finds the reason under the instance id.";
        Problem problem = Problem.of(HttpStatus.INTERNAL_SERVER_ERROR, "internal", detail, null)
                .at(instance);
        return ResponseEntity.internalServerError()
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .body(problem);
    }

    /// Writes the answer to a failure outside any controller.
    static void write(HttpServletResponse response, Exception failure) throws IOException {
        write(response, answer(failure));
    }

    /// The same where nobody may be signed in for the request.
    static void write(HttpServletRequest request, HttpServletResponse response, Exception failure) throws IOException {
        write(response, answer(request, failure));
    }

    private static void write(HttpServletResponse response, ResponseEntity<Problem> answer) throws IOException {
        response.setStatus(answer.getStatusCode().value());
        answer.getHeaders().forEach((name, values) -> values.forEach(value -> response.setHeader(name, value)));
        response.getOutputStream().write(Json.MAPPER.writeValueAsBytes(answer.getBody()));
    }

    private static ResponseEntity<Problem> refused(ChatkeepException refusal) {
        return switch (refusal) {
            case NotFound e -> answer(HttpStatus.NOT_FOUND, e, null);
            case Gone e -> answer(HttpStatus.GONE, e, null);
            case Conflict e -> conflict(e);
            case PreconditionFailed e -> answer(HttpStatus.PRECONDITION_FAILED, e, null);
            case Invalid e -> answer(HttpStatus.BAD_REQUEST, e, e.field().orElse(null));
            case TooLarge e -> answer(HttpStatus.CONTENT_TOO_LARGE, e, e.field().orElse(null));
            case Unauthenticated e -> unauthenticated(e);
            case Forbidden e -> answer(HttpStatus.FORBIDDEN, e, null);
            case PaymentRequired e -> spent(e);
            case TooMany e -> later(HttpStatus.TOO_MANY_REQUESTS, e, e.retryAfter());
            case Unavailable e -> later(HttpStatus.SERVICE_UNAVAILABLE, e, e.retryAfter());
        };
    }

    private static ResponseEntity<Problem> unauthenticated(Unauthenticated refusal) {
        ResponseEntity<Problem> answer = answer(HttpStatus.UNAUTHORIZED, refusal, null);
        return ResponseEntity.status(HttpStatus.UNAUTHORIZED)
                .headers(answer.getHeaders())
                .header(HttpHeaders.WWW_AUTHENTICATE, Challenge.BEARER)
                .body(answer.getBody());
    }

    private static ResponseEntity<Problem> conflict(Conflict refusal) {
        ResponseEntity<Problem> answer = answer(HttpStatus.CONFLICT, refusal, null);
        Problem problem = Objects.requireNonNull(answer.getBody());
        return refusal.runId()
                .map(run -> ResponseEntity.status(HttpStatus.CONFLICT)
                        .headers(answer.getHeaders())
                        .body(problem.because(run)))
                .orElse(answer);
    }

    /// Without payments there is nothing to do but to wait.
    private static ResponseEntity<Problem> spent(PaymentRequired refusal) {
        return refusal.resetAt()
                .map(at -> later(HttpStatus.TOO_MANY_REQUESTS, refusal, Duration.between(Instant.now(), at)))
                .orElseGet(() -> answer(HttpStatus.TOO_MANY_REQUESTS, refusal, null));
    }

    private static ResponseEntity<Problem> later(HttpStatus status, ChatkeepException refusal, Duration retryAfter) {
        ResponseEntity<Problem> answer = answer(status, refusal, null);
        // Rounded up: a client that comes back too early is refused again.
        long seconds = Math.max(0, retryAfter.plusMillis(999).toSeconds());
        return ResponseEntity.status(status)
                .headers(answer.getHeaders())
                .header(HttpHeaders.RETRY_AFTER, Long.toString(seconds))
                .body(answer.getBody());
    }

    private static ResponseEntity<Problem> answer(
            HttpStatus status, ChatkeepException refusal, @Nullable String field) {
        return answer(status, refusal.code(), Hints.detail(refusal), field);
    }

    private static ResponseEntity<Problem> answer(
            HttpStatus status, String code, String detail, @Nullable String field) {
        return ResponseEntity.status(status)
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .body(Problem.of(status, code, detail, field));
    }
}
