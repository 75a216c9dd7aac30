import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A user of a server, who reads streams as they come and remembers when what came.
record Client(String url, String token) {

    static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static final Pattern TOKEN = Pattern.compile("\"sessionToken\":\"([^\"]+)\"");
    private static final Pattern DELTA = Pattern.compile("\"type\":\"text-delta\".*\"delta\":\"([^\"]*)\"");
    private static final Pattern START = Pattern.compile("\"type\":\"start\",\"messageId\":\"([^\"]+)\"");

    static Client guest(String url) throws IOException, InterruptedException {
        Matcher token = TOKEN.matcher(new Client(url, "").call("POST", "/api/auth/guest", "").body());
        if (!token.find()) {
            throw new IOException("no guest is taken at " + url);
        }
        return new Client(url, token.group(1));
    }

    /// The same user at another server.
    Client at(String other) {
        return new Client(other, token);
    }

    HttpResponse<String> call(String method, String path, String body) throws IOException, InterruptedException {
        return HTTP.send(request(method, path, body), BodyHandlers.ofString());
    }

    private HttpRequest request(String method, String path, String body) {
        return HttpRequest.newBuilder(URI.create(url + path))
                .timeout(Duration.ofSeconds(120))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
    }

    static String turn(String chat, String message, String question) {
        return """
                {"id":"%s","message":{"id":"%s","role":"user","parts":[{"type":"text","text":"%s"}]}}"""
                .formatted(chat, message, question);
    }

    /// Asks, and reads in the background.
    Reading ask(String chat, String message, String question) {
        return new Reading(request("POST", "/api/chat", turn(chat, message, question)), 0);
    }

    /// Goes on reading what is written in this chat.
    Reading resume(String chat) {
        return new Reading(request("GET", "/api/chat/" + chat + "/stream", ""), 0);
    }

    /// The same, so many bytes a second.
    Reading resumeSlowly(String chat, int bytesPerSecond) {
        return new Reading(request("GET", "/api/chat/" + chat + "/stream", ""), bytesPerSecond);
    }

    /// A stream that is being read on a thread of its own.
    static final class Reading {
        private final Thread thread;
        private final StringBuilder text = new StringBuilder();
        private final List<Long> times = new ArrayList<>();
        private final List<Integer> lengths = new ArrayList<>();
        private volatile InputStream body;
        volatile int status;
        volatile String messageId;
        volatile String end = "cut";

        Reading(HttpRequest request, int bytesPerSecond) {
            thread = Thread.ofVirtual().start(() -> read(request, bytesPerSecond));
        }

        private void read(HttpRequest request, int bytesPerSecond) {
            try {
                HttpResponse<InputStream> response = HTTP.send(request, BodyHandlers.ofInputStream());
                body = response.body();
                status = response.statusCode();
                var lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    take(line);
                    if (bytesPerSecond > 0) {
                        Thread.sleep(1_000L * line.length() / bytesPerSecond);
                    }
                }
            } catch (IOException cut) {
                // That is what these readers are here for.
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }

        private synchronized void take(String line) {
            Matcher start = START.matcher(line);
            if (start.find()) {
                messageId = start.group(1);
            }
            Matcher delta = DELTA.matcher(line);
            if (delta.find()) {
                text.append(delta.group(1));
                times.add(System.nanoTime());
                lengths.add(text.length());
            }
            for (String type : List.of("finish", "abort", "error")) {
                if (line.contains("\"type\":\"" + type + "\"")) {
                    end = type;
                }
            }
        }

        synchronized String text() {
            return text.toString();
        }

        /// What had come by this time.
        synchronized String textAt(long nanos) {
            int length = 0;
            for (int i = 0; i < times.size() && times.get(i) <= nanos; i++) {
                length = lengths.get(i);
            }
            return text.substring(0, length);
        }

        /// When the text had become longer than this.
        synchronized long timeOf(int characters) {
            for (int i = 0; i < times.size(); i++) {
                if (lengths.get(i) > characters) {
                    return times.get(i);
                }
            }
            return System.nanoTime();
        }

        /// Hangs up.
        void leave() throws IOException {
            if (body != null) {
                body.close();
            }
        }

        /// Waits until the stream ended.
        Reading await() throws InterruptedException {
            thread.join(Duration.ofMinutes(3));
            return this;
        }

        /// Waits until this much text came.
        Reading awaitText(int characters) throws InterruptedException {
            for (int i = 0; i < 3_000 && text().length() < characters && thread.isAlive(); i++) {
                Thread.sleep(10);
            }
            return this;
        }
    }
}
