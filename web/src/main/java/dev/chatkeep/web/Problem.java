package dev.chatkeep.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/// An error answer: RFC 9457 `application/problem+json`, and `success` and `error` for clients that know only
/// those.
///
/// @param type `urn:chatkeep:problem:CODE`, as stable as the code
/// @param field what is wrong in the input, as the caller wrote it
/// @param runId the run that is in the way; of `run_active` only
/// @param instance names this one error in the server's log; of unexpected failures only
@JsonInclude(JsonInclude.Include.NON_NULL)
record Problem(
        String type,
        String title,
        int status,
        String detail,
        String code,
        @Nullable String field,
        @Nullable UUID runId,
        @Nullable String instance) {

    static Problem of(HttpStatus status, String code, String detail, @Nullable String field) {
        return new Problem(
                "urn:chatkeep:problem:" + code,
                status.getReasonPhrase(),
                status.value(),
                detail,
                code,
                field,
                null,
                null);
    }

    Problem at(String newInstance) {
        return new Problem(type, title, status, detail, code, field, runId, newInstance);
    }

    Problem because(UUID run) {
        return new Problem(type, title, status, detail, code, field, run, instance);
    }

    @JsonProperty
    boolean success() {
        return false;
    }

    @JsonProperty
    String error() {
        return detail;
    }
}
