package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Forbidden;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.http.server.ServletServerHttpResponse;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.DefaultCorsProcessor;

/// Tells browsers which origins may call, and refuses the others in the form of every other error. A request that a
/// browser calls `same-origin` is one of the server's own page, whatever a proxy made of its host: no page can write
/// `Sec-Fetch-Site`, and a page under a foreign name is refused by [HostCheck] before.
final class OriginCheck extends DefaultCorsProcessor {

    private static final String REFUSAL =
            "This origin is not allowed, or not with this method or these headers. Add it to chatkeep.cors.origins.";

    @Override
    public boolean processRequest(
            @Nullable CorsConfiguration config, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        return "same-origin".equals(request.getHeader("Sec-Fetch-Site"))
                || super.processRequest(config, request, response);
    }

    @Override
    protected void rejectRequest(ServerHttpResponse response) throws IOException {
        Problems.write(
                ((ServletServerHttpResponse) response).getServletResponse(),
                new Forbidden("origin_not_allowed", REFUSAL));
    }
}
