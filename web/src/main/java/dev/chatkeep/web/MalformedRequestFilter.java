package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.web.filter.OncePerRequestFilter;

/// Refuses what is HTTP and yet cannot be read, before anything reads it: whatever comes later, in the
/// framework as in a controller, takes a failure to read it for a failure of the server.
final class MalformedRequestFilter extends OncePerRequestFilter {

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try {
            checkQuery(request);
        } catch (Invalid refusal) {
            Problems.write(response, refusal);
            return;
        }
        chain.doFilter(request, response);
    }

    /// The container decodes all parameters when the first one is asked for.
    private static void checkQuery(HttpServletRequest request) {
        if (request.getQueryString() == null) {
            return;
        }
        try {
            request.getParameterMap();
        } catch (IllegalArgumentException | IllegalStateException | RequestRejectedException undecodable) {
            throw malformed("query", "The query cannot be decoded: percent-encoded UTF-8 is expected.", undecodable);
        }
    }

    private static Invalid malformed(String field, String detail, Exception cause) {
        Invalid invalid = new Invalid("malformed_request", field, detail);
        invalid.initCause(cause);
        return invalid;
    }
}
