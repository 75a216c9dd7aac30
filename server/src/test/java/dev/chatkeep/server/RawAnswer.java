package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/// An answer as it came over the wire.
///
/// @param headers by their names, in whatever case
record RawAnswer(int status, Map<String, String> headers, String body) {

    /// The answers that these bytes are, one behind the other.
    ///
    /// @param toHead whether the first one answers a HEAD, and so has no body whatever its headers say
    static List<RawAnswer> read(byte[] bytes, boolean toHead) {
        var answers = new ArrayList<RawAnswer>();
        String rest = new String(bytes, StandardCharsets.ISO_8859_1);
        while (!rest.isEmpty()) {
            assertThat(rest).as("what follows %s", answers).matches("(?s)HTTP/1\\.1 \\d{3} .*?\r\n\r\n.*");
            int end = rest.indexOf("\r\n\r\n");
            var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
            rest.substring(0, end)
                    .lines()
                    .skip(1)
                    .map(line -> line.split(": ?", 2))
                    .forEach(header -> headers.put(header[0], header[1]));
            int status = Integer.parseInt(rest.substring(9, 12));
            Body body = toHead && answers.isEmpty() ? new Body("", 0) : Body.of(headers, rest.substring(end + 4));
            answers.add(new RawAnswer(
                    status,
                    headers,
                    new String(body.text.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8)));
            rest = rest.substring(end + 4 + body.length);
        }
        return answers;
    }

    /// @param length how many bytes it takes on the wire
    private record Body(String text, int length) {

        static Body of(Map<String, String> headers, String rest) {
            if (headers.getOrDefault("Transfer-Encoding", "").equals("chunked")) {
                return chunked(rest);
            }
            String length = headers.get("Content-Length");
            int bytes = length == null ? rest.length() : Math.min(Integer.parseInt(length), rest.length());
            return new Body(rest.substring(0, bytes), bytes);
        }

        private static Body chunked(String rest) {
            var text = new StringBuilder();
            int at = 0;
            while (true) {
                int line = rest.indexOf("\r\n", at);
                if (line < 0) {
                    return new Body(text.toString(), rest.length());
                }
                int size = Integer.parseInt(rest.substring(at, line), 16);
                int end = line + 2 + size + 2;
                if (size == 0 || end > rest.length()) {
                    return new Body(text.toString(), Math.min(end, rest.length()));
                }
                text.append(rest, line + 2, end - 2);
                at = end;
            }
        }
    }

    String type() {
        return headers.getOrDefault("Content-Type", "");
    }

    JsonNode json() {
        return Json.MAPPER.readTree(body);
    }

    /// Fails unless this is an error in the form of every error; see docs/api/errors.md.
    RawAnswer assertProblem() {
        assertThat(type()).as(toString()).startsWith("application/problem+json");
        JsonNode problem = json();
        assertThat(problem.path("status").intValue()).as(body).isEqualTo(status);
        assertThat(problem.path("code").asString("")).as(body).matches("[a-z_]+");
        assertThat(problem.path("type").asString("")).isEqualTo("urn:chatkeep:problem:" + code());
        assertThat(problem.path("title").asString("")).as(body).isNotBlank();
        assertThat(problem.path("detail").asString("")).as(body).isNotBlank();
        assertThat(problem.path("error")).isEqualTo(problem.path("detail"));
        assertThat(problem.path("success").isBoolean()).as(body).isTrue();
        assertThat(problem.path("success").booleanValue()).isFalse();
        return this;
    }

    String code() {
        return json().path("code").asString("");
    }

    String field() {
        return json().path("field").asString("");
    }
}
