package dev.chatkeep.web;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;

/// A refusal of a request's form, which core knows nothing of.
final class HttpRefusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final HttpStatus status;
    private final String code;
    private final @Nullable String field;

    private HttpRefusal(HttpStatus status, String code, @Nullable String field, String detail) {
        super(detail);
        this.status = status;
        this.code = code;
        this.field = field;
    }

    /// The request took too long to come.
    static HttpRefusal timeout() {
        return new HttpRefusal(
                HttpStatus.REQUEST_TIMEOUT, "request_timeout", null, "The request took too long to arrive.");
    }

    static HttpRefusal charset() {
        return unsupported("Content-Type", "The body is in UTF-8; no other charset is read.");
    }

    static HttpRefusal contentCoding() {
        return unsupported("Content-Encoding", "The body may be sent as it is, or as gzip.");
    }

    private static HttpRefusal unsupported(String field, String detail) {
        return new HttpRefusal(HttpStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", field, detail);
    }

    ResponseEntity<Problem> answer() {
        HttpHeaders headers = new HttpHeaders();
        headers.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
        if ("Content-Encoding".equals(field)) {
            headers.set(HttpHeaders.ACCEPT_ENCODING, "gzip");
        }
        String detail = Objects.requireNonNull(getMessage());
        return ResponseEntity.status(status).headers(headers).body(Problem.of(status, code, detail, field));
    }
}
