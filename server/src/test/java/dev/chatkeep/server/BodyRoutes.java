package dev.chatkeep.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// Every route that reads a body, each with a body that it takes, and requests with any bytes as their body.
///
/// @param token a guest's, who has the chat `c`
record BodyRoutes(RawHttp http, String token) {

    record Route(String line, String body) {}

    static BodyRoutes of(TestServer server) {
        Api guest = server.guest();
        guest.post("/api/chats", "{\"id\":\"c\"}");
        return new BodyRoutes(RawHttp.of(server), guest.token());
    }

    static List<Route> all() {
        return List.of(
                new Route("POST /api/chats", "{\"title\":\"a\"}"),
                new Route("PATCH /api/chats/c", "{\"title\":\"a\"}"),
                new Route("POST /api/chats/c/messages", "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}"),
                new Route("POST /api/chat", "{\"id\":\"t\",\"message\":{\"role\":\"user\",\"content\":\"a\"}}"),
                new Route("PUT /api/chats/c/branch", "{\"branch\":1}"),
                new Route("PATCH /api/auth/user", "{\"displayName\":\"a\"}"),
                new Route("DELETE /api/auth/user", "{\"confirm\":\"a\"}"),
                new Route("POST /api/auth/wallets", "{\"chain\":\"solana\",\"message\":\"a\",\"signature\":\"a\"}"),
                new Route("POST /api/auth/login", "{\"chain\":\"solana\",\"message\":\"a\",\"signature\":\"a\"}"));
    }

    RawAnswer send(String line, byte[] body, String... headers) throws IOException {
        String head = line + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer " + token
                + "\r\nContent-Length: " + body.length + "\r\n"
                + Arrays.stream(headers).map(header -> header + "\r\n").collect(Collectors.joining()) + "\r\n";
        var request = new ByteArrayOutputStream();
        request.writeBytes(head.getBytes(StandardCharsets.ISO_8859_1));
        request.writeBytes(body);
        return http.send(request.toByteArray()).getFirst();
    }
}
