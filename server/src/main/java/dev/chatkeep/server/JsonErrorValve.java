package dev.chatkeep.server;

import dev.chatkeep.web.RequestClock;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/// Answers what Tomcat or the framework refuses outside of any controller of ours, in the form of every other
/// error: a request line or a header that is not HTTP, an encoded slash in the path, a path that nothing
/// serves. An error that was given a status and no body gets one here.
public final class JsonErrorValve extends ErrorReportValve {

    @Override
    protected void report(Request request, Response response, @Nullable Throwable failure) {
        HttpStatus status = HttpStatus.resolve(response.getStatus());
        if (status == HttpStatus.NOT_IMPLEMENTED || status == HttpStatus.HTTP_VERSION_NOT_SUPPORTED) {
            // Of another HTTP than this server's: not the server's fault.
            status = HttpStatus.BAD_REQUEST;
            response.setStatus(status.value());
        }
        if (status == HttpStatus.BAD_REQUEST && RequestClock.of(request).isLate()) {
            // Its deadline ended the input, which looks like a body that was cut off.
            status = HttpStatus.REQUEST_TIMEOUT;
            response.setStatus(status.value());
        }
        if (status == null || !status.isError() || response.getContentWritten() > 0 || response.isCommitted()) {
            return;
        }
        try {
            response.setContentType("application/problem+json");
            response.setCharacterEncoding(StandardCharsets.UTF_8);
            Writer body = response.getReporter();
            if (body != null) {
                body.write(problem(status, failure));
                response.finishResponse();
            }
        } catch (IOException gone) {
            container.getLogger().debug("nobody reads the error report", gone);
        }
    }

    /// The answer to a request that nothing failed with.
    static String problem(HttpStatus status) {
        return problem(status, null);
    }

    private static String problem(HttpStatus status, @Nullable Throwable failure) {
        return switch (status) {
            case BAD_REQUEST ->
                failure instanceof IOException
                        ? problem(status, "malformed_body", "The body could not be read to its end.", "")
                        : problem(
                                status,
                                "malformed_request",
                                "The request's line, path or headers are not acceptable.",
                                "\"field\":\"url\",");
            case REQUEST_TIMEOUT -> problem(status, "request_timeout", "The request took too long to arrive.", "");
            case EXPECTATION_FAILED ->
                problem(status, "expectation_failed", "Expect may only be 100-continue.", "\"field\":\"Expect\",");
            case NOT_FOUND -> problem(status, "not_found", "There is nothing here.", "");
            default ->
                status.is4xxClientError()
                        ? problem(status, status.name().toLowerCase(Locale.ROOT), status.getReasonPhrase() + ".", "")
                        : problem(status, "internal", "The server failed.", "");
        };
    }

    private static String problem(HttpStatus status, String code, String detail, String field) {
        return """
                {"type":"urn:chatkeep:problem:%1$s","title":"%2$s","status":%3$d,"detail":"%4$s",\
                "code":"%1$s",%5$s"success":false,"error":"%4$s"}""".formatted(code, status.getReasonPhrase(), status.value(), detail, field);
    }
}
