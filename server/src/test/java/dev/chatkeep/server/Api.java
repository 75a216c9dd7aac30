package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/// One user's view of a server.
record Api(String url, String token) {

    private static final String ANONYMOUS = "-";

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    record Answer(int status, String text, HttpHeaders headers) {
        /// Without headers, to be compared.
        Answer(int status, String text) {
            this(status, text, HttpHeaders.of(Map.of(), (name, value) -> true));
        }

        JsonNode json() {
            return Json.MAPPER.readTree(text);
        }

        String code() {
            return json().path("code").asString("");
        }

        String field() {
            return json().path("field").asString("");
        }
    }

    /// Without the header `Authorization`.
    static Api anonymous(String url) {
        return new Api(url, ANONYMOUS);
    }

    static Api guest(String url) {
        Answer answer = new Api(url, "").post("/api/auth/guest", "");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return new Api(url, answer.json().path("sessionToken").stringValue());
    }

    Answer get(String path) {
        return send("GET", path, BodyPublishers.noBody());
    }

    Answer post(String path, String body) {
        return send("POST", path, BodyPublishers.ofString(body));
    }

    Answer patch(String path, String body) {
        return send("PATCH", path, BodyPublishers.ofString(body));
    }

    Answer put(String path, String body) {
        return send("PUT", path, BodyPublishers.ofString(body));
    }

    Answer delete(String path) {
        return send("DELETE", path, BodyPublishers.noBody());
    }

    Answer send(String method, String path, BodyPublisher body) {
        return send(request(method, path, body));
    }

    Answer sendIfMatch(String tag, String method, String path, String body) {
        return sendWith("If-Match", tag, method, path, body);
    }

    Answer sendWith(String header, String value, String method, String path, String body) {
        return send(HttpRequest.newBuilder(request(method, path, BodyPublishers.ofString(body)), (name, any) -> true)
                .header(header, value)
                .build());
    }

    private static Answer send(HttpRequest request) {
        try {
            var answer = HTTP.send(request, BodyHandlers.ofString());
            return new Answer(answer.statusCode(), answer.body(), answer.headers());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }

    /// Sends a text to a chat and reads the answer to its end.
    List<JsonNode> say(String chatId, String messageId, String text) {
        return chunks(post("/api/chat", turn(chatId, messageId, text)));
    }

    static String turn(String chatId, String messageId, String text) {
        return """
                {"id":"%s","messages":[{"id":"%s","role":"user","parts":[{"type":"text","text":%s}]}],
                 "trigger":"submit-message"}""".formatted(chatId, messageId, Json.MAPPER.writeValueAsString(text));
    }

    static List<JsonNode> chunks(Answer stream) {
        assertThat(stream.status()).as(stream.text()).isEqualTo(200);
        assertThat(stream.text()).endsWith("data: [DONE]\n\n");
        var chunks = new ArrayList<JsonNode>();
        stream.text()
                .lines()
                .filter(line -> line.startsWith("data: {"))
                .forEach(line -> chunks.add(Json.MAPPER.readTree(line.substring("data: ".length()))));
        return chunks;
    }

    /// An answer that is being read, line by line; closing it hangs up.
    record Stream(int status, InputStream body, BufferedReader lines) implements AutoCloseable {

        /// Reads on until a line that fits.
        String await(Predicate<String> fits) throws IOException {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (fits.test(line)) {
                    return line;
                }
            }
            throw new IOException("the stream ended");
        }

        @Override
        public void close() throws IOException {
            body.close();
        }
    }

    Stream open(String body) throws IOException, InterruptedException {
        return open(request("POST", "/api/chat", BodyPublishers.ofString(body)));
    }

    /// Goes on reading what is being answered in this chat.
    Stream resume(String chatId) throws IOException, InterruptedException {
        return open(request("GET", "/api/chat/" + chatId + "/stream", BodyPublishers.noBody()));
    }

    private static Stream open(HttpRequest request) throws IOException, InterruptedException {
        var answer = HTTP.send(request, BodyHandlers.ofInputStream());
        var lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
        return new Stream(answer.statusCode(), answer.body(), lines);
    }

    private HttpRequest request(String method, String path, BodyPublisher body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(Duration.ofSeconds(60))
                .header("Content-Type", "application/json")
                .method(method, body);
        return (token.equals(ANONYMOUS) ? request : request.header("Authorization", "Bearer " + token)).build();
    }

    JsonNode chat(String chatId) {
        Answer answer = get("/api/chats/" + chatId + "?messageLimit=200");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    /// The status of the newest message of a chat.
    String lastStatus(String chatId) {
        JsonNode messages = chat(chatId).path("messages");
        return messages.get(messages.size() - 1).path("status").asString("");
    }
}
