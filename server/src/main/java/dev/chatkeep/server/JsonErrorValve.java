package dev.chatkeep.server;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/// Answers what Tomcat itself refuses, before any code of ours sees it, in the form of every other error: a
/// request line or a header that is not HTTP, an encoded slash or NUL in the path.
public final class JsonErrorValve extends ErrorReportValve {

    @Override
    protected void report(Request request, Response response, @Nullable Throwable failure) {
        HttpStatus status = HttpStatus.resolve(response.getStatus());
        if (status == null || !status.isError() || response.getContentWritten() > 0 || !response.setErrorReported()) {
            return;
        }
        boolean clients = status.is4xxClientError();
        String code = clients ? "malformed_request" : "internal";
        String detail = clients ? "The request's line, path or headers are not acceptable." : "The server failed.";
        try {
            response.setContentType("application/problem+json");
            response.setCharacterEncoding(StandardCharsets.UTF_8);
            Writer body = response.getReporter();
            if (body != null) {
                body.write("""
                        {"type":"urn:chatkeep:problem:%1$s","title":"%2$s","status":%3$d,"detail":"%4$s",\
                        "code":"%1$s","field":"url","success":false,"error":"%4$s"}""".formatted(code, status.getReasonPhrase(), status.value(), detail));
                response.finishResponse();
            }
        } catch (IOException gone) {
            container.getLogger().debug("nobody reads the error report", gone);
        }
    }
}
