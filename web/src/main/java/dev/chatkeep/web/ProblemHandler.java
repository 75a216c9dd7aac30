package dev.chatkeep.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;

/// Answers what goes wrong in a controller of this package; a host application's own controllers are not
/// touched.
@RestControllerAdvice(basePackageClasses = ProblemHandler.class)
final class ProblemHandler {

    /// Says nothing where something was said: the container refuses a body that breaks off before its reader
    /// hears of it, and the framework takes a second answer for a failure.
    @ExceptionHandler
    @Nullable
    ResponseEntity<Problem> failed(Exception failure, HttpServletRequest request, HttpServletResponse response) {
        boolean isRefused = response.isCommitted() && response.getStatus() >= HttpServletResponse.SC_BAD_REQUEST;
        return isRefused || isDeparture(failure) ? null : Problems.answer(request, failure);
    }

    /// Whether the client is gone. A broken connection alone does not say so: it may be the database's.
    private static boolean isDeparture(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AsyncRequestNotUsableException
                    || cause.getClass().getSimpleName().equals("ClientAbortException")) {
                return true;
            }
        }
        return false;
    }
}
