package dev.chatkeep.langchain4j;

import dev.chatkeep.deadline.Deadline;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// The body of an answer, pulled by one thread, which waits for each piece with a limit; at most one piece is held in
/// advance.
final class Body implements BodySubscriber<Body>, AutoCloseable {

    private sealed interface Signal {
        record Piece(List<ByteBuffer> buffers) implements Signal {}

        record End() implements Signal {}

        record Broken(Throwable cause) implements Signal {}

        /// The wait of this number took too long.
        record Late(int number) implements Signal {}
    }

    private static final Subscription CLOSED = new Subscription() {
        @Override
        public void request(long n) {}

        @Override
        public void cancel() {}
    };

    private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
    private final AtomicReference<@Nullable Subscription> subscription = new AtomicReference<>();
    private final HttpHeaders headers;
    private final long firstByteDeadline;
    private final Duration idle;
    private @Nullable Long deadline;
    private boolean begun;
    private int waits;

    /// @param headers           of the answer
    /// @param firstByteDeadline when the first piece must be here, by [System#nanoTime()]
    Body(HttpHeaders headers, long firstByteDeadline, Duration idle) {
        this.headers = headers;
        this.firstByteDeadline = firstByteDeadline;
        this.idle = idle;
    }

    HttpHeaders headers() {
        return headers;
    }

    /// From now on, the whole rest must come within this time, however much of it comes.
    void endWithin(Duration limit) {
        deadline = System.nanoTime() + limit.toNanos();
    }

    /// The next bytes, or null at the end.
    ///
    /// @throws HttpTimeoutException when none came in time
    /// @throws IOException when the connection broke, or was closed by [#close()]
    byte @Nullable [] next() throws IOException, InterruptedException {
        return switch (signal()) {
            case Signal.Late late ->
                throw new HttpTimeoutException(begun ? "No byte within " + idle + "." : "No first byte in time.");
            case Signal.Piece piece -> {
                begun = true;
                Subscription source = subscription.get();
                if (source != null) {
                    source.request(1);
                }
                yield bytes(piece.buffers());
            }
            case Signal.End end -> {
                signals.add(end);
                yield null;
            }
            case Signal.Broken broken -> {
                signals.add(broken);
                throw new IOException("The stream was cut.", broken.cause());
            }
        };
    }

    private Signal signal() throws InterruptedException {
        int wait = ++waits;
        Duration limit = limit();
        if (!limit.isPositive()) {
            return new Signal.Late(wait);
        }
        Signal there = signals.poll();
        if (there != null && !(there instanceof Signal.Late)) {
            return there;
        }
        try (Deadline _ = Deadline.in(limit, () -> signals.add(new Signal.Late(wait)))) {
            while (true) {
                Signal signal = signals.take();
                if (!(signal instanceof Signal.Late late) || late.number() == wait) {
                    return signal;
                }
            }
        }
    }

    private Duration limit() {
        if (!begun) {
            return Duration.ofNanos(firstByteDeadline - System.nanoTime());
        }
        Duration left = deadline == null ? idle : Duration.ofNanos(deadline - System.nanoTime());
        return left.compareTo(idle) < 0 ? left : idle;
    }

    /// Reads on to the end of an answer that is complete already, so that its connection can serve the next call, but
    /// no longer than `limit`.
    void drain(Duration limit) throws InterruptedException {
        endWithin(limit);
        try {
            while (next() != null) {
                // Nobody needs it.
            }
        } catch (IOException e) {
            // Then the connection is not used again.
        }
    }

    private static byte[] bytes(List<ByteBuffer> buffers) {
        byte[] bytes = new byte[buffers.stream().mapToInt(ByteBuffer::remaining).sum()];
        int at = 0;
        for (ByteBuffer buffer : buffers) {
            int length = buffer.remaining();
            buffer.get(bytes, at, length);
            at += length;
        }
        return bytes;
    }

    /// Closes the connection unless the body is at its end, and wakes the reader. Thread-safe, and may be repeated.
    @Override
    public void close() {
        Subscription source = subscription.getAndSet(CLOSED);
        if (source != null) {
            source.cancel();
        }
        signals.add(new Signal.Broken(new IOException("closed")));
    }

    @Override
    public CompletionStage<Body> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Subscription source) {
        if (subscription.compareAndSet(null, source)) {
            source.request(1);
        } else {
            source.cancel();
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        signals.add(new Signal.Piece(buffers));
    }

    @Override
    public void onError(Throwable cause) {
        signals.add(new Signal.Broken(cause));
    }

    @Override
    public void onComplete() {
        signals.add(new Signal.End());
    }
}
