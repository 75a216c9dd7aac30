package dev.chatkeep.langchain4j;

import dev.chatkeep.run.Cancellation;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.GenerationException.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Sends a request and hands back the answer's bytes as they come, on the caller's thread.
///
/// One client serves every call with the same connect timeout. It speaks HTTP/1.1, one connection a stream: over
/// HTTP/2 all streams to a provider would share one connection and its limit of streams. It follows no redirect, so
/// that a key never travels to another host.
final class Wire {

    private static final int MAX_ERROR_BYTES = 64 << 10;
    private static final ConcurrentHashMap<Duration, HttpClient> CLIENTS = new ConcurrentHashMap<>();

    private Wire() {}

    /// Blocks until the answer's headers are here. The caller closes the body.
    ///
    /// When `cancellation` fires, the connection is closed at once, whether or not the headers had come.
    static Body send(HttpRequest request, Timeouts timeouts, Cancellation cancellation, Failures failures)
            throws GenerationException, InterruptedException {
        long deadline = System.nanoTime() + timeouts.firstByte().toNanos();
        CompletableFuture<HttpResponse<Body>> sent = client(timeouts.connect())
                .sendAsync(request, head -> new Body(head.headers(), deadline, timeouts.idle()));
        cancellation.onCancel(() -> abort(sent));
        HttpResponse<Body> response = null;
        try {
            response = sent.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (CancellationException e) {
            throw failures.of(Kind.BROKEN, "The call was cancelled.", e);
        } catch (TimeoutException e) {
            throw failures.timeout("No answer within " + timeouts.firstByte() + ".", e);
        } catch (ExecutionException e) {
            throw unsent(e.getCause() == null ? e : e.getCause(), failures);
        } finally {
            if (response == null) {
                abort(sent);
            }
        }
        if (response.statusCode() / 100 != 2) {
            try (Body body = response.body()) {
                throw failures.status(response.statusCode(), response.headers(), excerpt(body));
            }
        }
        return response.body();
    }

    private static void abort(CompletableFuture<HttpResponse<Body>> sent) {
        if (!sent.cancel(true) && sent.state() == Future.State.SUCCESS) {
            sent.resultNow().body().close();
        }
    }

    private static GenerationException unsent(Throwable cause, Failures failures) {
        if (cause instanceof HttpTimeoutException) {
            return failures.timeout("The connection was not made in time.", cause);
        }
        String what = cause instanceof ConnectException ? "could not be reached" : "closed the connection unanswered";
        return failures.of(
                Kind.UNAVAILABLE,
                "The provider " + what + ": " + cause.getClass().getSimpleName(),
                cause);
    }

    private static String excerpt(Body body) throws InterruptedException {
        byte[] bytes = new byte[MAX_ERROR_BYTES];
        int length = 0;
        try {
            for (byte[] chunk = body.next(); chunk != null && length < bytes.length; chunk = body.next()) {
                int taken = Math.min(chunk.length, bytes.length - length);
                System.arraycopy(chunk, 0, bytes, length, taken);
                length += taken;
            }
        } catch (IOException e) {
            // The status says what matters; of its explanation we keep what came.
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private static HttpClient client(Duration connectTimeout) {
        return CLIENTS.computeIfAbsent(
                connectTimeout,
                timeout -> HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .connectTimeout(timeout)
                        .executor(Executors.newVirtualThreadPerTaskExecutor())
                        .build());
    }

    /// The JDK's form of a request that LangChain4j wrote, with this body.
    static HttpRequest request(dev.langchain4j.http.client.HttpRequest written, String body) {
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(URI.create(written.url())).POST(HttpRequest.BodyPublishers.ofString(body));
        written.headers().forEach((name, values) -> values.forEach(value -> builder.header(name, value)));
        return builder.build();
    }
}
