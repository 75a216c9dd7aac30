package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Forbidden;
import java.io.IOException;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.http.server.ServletServerHttpResponse;
import org.springframework.web.cors.DefaultCorsProcessor;

/// Tells browsers which origins may call, and refuses the others in the form of every other error.
final class OriginCheck extends DefaultCorsProcessor {

    private static final String REFUSAL =
            "A page of this origin may not call, or not with this method and these headers.";

    @Override
    protected void rejectRequest(ServerHttpResponse response) throws IOException {
        Problems.write(
                ((ServletServerHttpResponse) response).getServletResponse(),
                new Forbidden("origin_not_allowed", REFUSAL));
    }
}
