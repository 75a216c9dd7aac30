package dev.chatkeep.server;

import dev.chatkeep.server.DescribedApi.Operation;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import tools.jackson.databind.JsonNode;

/// Requests that are nearly right, or not at all: each one follows from a seed and its number alone.
///
/// @param token of the session that most of them bring
record FuzzRequests(long seed, String token) {

    private static final List<Operation> OPERATIONS = DescribedApi.operations().toList();

    private static final List<String> VALUES = List.of(
            "c1",
            "trash",
            "missing",
            "m1",
            "0",
            "1",
            "-1",
            "200",
            "201",
            "10000",
            "9223372036854775808",
            "1e400",
            "NaN",
            "null",
            "true",
            "",
            "%20",
            "%00",
            "%zz",
            "%ff",
            "%2F",
            "..",
            "..%2f..",
            "a;b",
            "%F0%9F%98%80",
            "%ED%A0%80",
            "'",
            "%22",
            "%25",
            "_",
            "x".repeat(64),
            "x".repeat(65),
            "y".repeat(9_000),
            "asc",
            "all",
            "deleted",
            "2026-11-23T10:15:30Z",
            "-999999999-01-01T00:00:00Z",
            "bWFkZSB1cA",
            "MHwwfGMx",
            "lantern:*",
            "a&b|!c",
            "&=x",
            "=",
            "a=b=c",
            "\u00e9",
            "00000000-0000-0000-0000-000000000000");

    private static final List<String> METHODS = List.of(
            "GET",
            "HEAD",
            "POST",
            "PUT",
            "PATCH",
            "DELETE",
            "OPTIONS",
            "TRACE",
            "CONNECT",
            "PROPFIND",
            "FOO",
            "get",
            "");

    private static final List<String> TYPES = List.of(
            "application/json",
            "application/json; charset=utf-16",
            "text/plain",
            "*/*",
            "application/*",
            "/",
            ";",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded",
            "\u00e9",
            "");

    private static final List<String> ACCEPTS = List.of(
            "*/*",
            "application/json",
            "text/event-stream",
            "text/html",
            "image/png",
            "q",
            ",",
            "*/json;q=2",
            "application/problem+json",
            "");

    private static final List<String> HEADERS = List.of(
            "Origin: https://evil.example.com",
            "Origin: null",
            "Origin: x",
            "If-Match: \"1\"",
            "If-Match: *",
            "If-Match: \"99999999999999999999\"",
            "If-Match: x",
            "If-None-Match: *",
            "If-None-Match: \"1\"",
            "Range: bytes=0-",
            "Range: bytes=9999999-",
            "Expect: 100-continue",
            "Expect: x",
            "Cookie: chatkeep_session=x",
            "Cookie: =;;=",
            "Cookie: chatkeep_session=" + "z".repeat(5_000),
            "Content-Encoding: gzip",
            "X-HTTP-Method-Override: DELETE",
            "X-Forwarded-For: 1.2.3.4",
            "X-Forwarded-Host: evil",
            "Sec-Fetch-Site: cross-site",
            "Upgrade: h2c",
            "Connection: Upgrade",
            "TE: trailers",
            "Accept-Language: \u00ff",
            "Accept-Charset: x",
            "Authorization: Basic x",
            "Authorization: Bearer",
            "Last-Event-ID: 7",
            "Access-Control-Request-Method: FOO",
            "a b: c",
            ": x",
            "Date: now",
            "If-Modified-Since: x",
            "Idempotency-Key: k");

    private static final List<String> PIECES = List.of(
            "{",
            "}",
            "[",
            "]",
            "\"",
            "\\",
            "\\u0000",
            "\\ud800",
            "null",
            "true",
            "1e999",
            "-",
            "[[[[[[[[",
            "\u0000",
            "\"id\":null,",
            "\"role\":\"tool\"",
            "\"parts\":[]",
            "\"messages\":[]",
            "99999999999999999999999999999999",
            "1E-2147483648",
            ",,");

    /// The request of this number.
    byte[] request(int number) {
        Random random = new Random(seed * 1_000_003 + number);
        Operation operation = pick(random, OPERATIONS);
        byte[] body = body(random, operation);
        var head = new StringBuilder()
                .append(rarely(random) ? pick(random, METHODS) : operation.method())
                .append(' ')
                .append(target(random, operation))
                .append(random.nextInt(100) == 0 ? " HTTP/9.9" : " HTTP/1.1")
                .append("\r\nHost: ")
                .append(rarely(random) ? pick(random, List.of("evil.example.com", "", "a b", "[::1")) : "127.0.0.1")
                .append("\r\nConnection: close\r\n");
        if (!rarely(random)) {
            head.append("Authorization: Bearer ").append(token).append("\r\n");
        }
        if (random.nextBoolean()) {
            head.append("Content-Type: ").append(pick(random, TYPES)).append("\r\n");
        }
        if (random.nextInt(4) == 0) {
            head.append("Accept: ").append(pick(random, ACCEPTS)).append("\r\n");
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            head.append(pick(random, HEADERS)).append("\r\n");
        }
        byte[] framed = framed(random, head, body);
        byte[] whole = join(head.append("\r\n").toString(), framed);
        return rarely(random) ? damaged(random, whole) : whole;
    }

    private static String target(Random random, Operation operation) {
        String path = operation.path();
        while (path.contains("{")) {
            String value = random.nextInt(3) > 0 ? pick(random, VALUES.subList(0, 4)) : pick(random, VALUES);
            path = path.replaceFirst("\\{[^}]*}", value.replace("\\", "").replace("$", ""));
        }
        var query = new StringBuilder();
        for (JsonNode parameter : operation.query()) {
            if (random.nextInt(3) == 0) {
                query.append('&')
                        .append(parameter.path("name").stringValue())
                        .append('=')
                        .append(pick(random, VALUES));
            }
        }
        if (rarely(random)) {
            query.append('&').append(pick(random, VALUES));
        }
        return query.isEmpty() ? path : path + "?" + query.substring(1);
    }

    private static byte[] body(Random random, Operation operation) {
        String body = pick(random, operation.bodies());
        if (random.nextInt(3) == 0 && !body.isEmpty()) {
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                int at = random.nextInt(body.length());
                int end = Math.min(body.length(), at + random.nextInt(4));
                body = body.substring(0, at) + pick(random, PIECES) + body.substring(end);
            }
        }
        if (rarely(random)) {
            body = pick(
                    random,
                    List.of("", "[]", "{}", "null", "7", "\"x\"", "[".repeat(5_000), "{\"a\":".repeat(100), " "));
        }
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return rarely(random) ? damaged(random, bytes) : bytes;
    }

    /// Says how long the body is, mostly truly.
    private static byte[] framed(Random random, StringBuilder head, byte[] body) {
        int form = random.nextInt(20);
        if (form == 0) {
            head.append("Content-Length: ").append(body.length + 5).append("\r\n");
        } else if (form == 1) {
            head.append("Content-Length: ")
                    .append(pick(random, List.of("-1", "x", "0", "99999999999999999999")))
                    .append("\r\n");
        } else if (form < 5) {
            head.append("Transfer-Encoding: chunked\r\n");
            if (form == 2) {
                head.append("Content-Length: ").append(body.length).append("\r\n");
            }
            String last = form == 3 ? "\r\n" : "\r\n0\r\n\r\n";
            return join(Integer.toHexString(body.length) + "\r\n", join(body, last));
        } else if (body.length > 0) {
            head.append("Content-Length: ").append(body.length).append("\r\n");
        }
        return body;
    }

    private static byte[] damaged(Random random, byte[] bytes) {
        byte[] damaged = bytes.clone();
        for (int i = 0; i < 3 && damaged.length > 0; i++) {
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
        }
        return damaged;
    }

    private static boolean rarely(Random random) {
        return random.nextInt(12) == 0;
    }

    private static <T> T pick(Random random, List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private static byte[] join(String first, byte[] second) {
        return join(first.getBytes(StandardCharsets.UTF_8), second);
    }

    private static byte[] join(byte[] first, String second) {
        return join(first, second.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] join(byte[] first, byte[] second) {
        var joined = new ByteArrayOutputStream(first.length + second.length);
        joined.writeBytes(first);
        joined.writeBytes(second);
        return joined.toByteArray();
    }
}
