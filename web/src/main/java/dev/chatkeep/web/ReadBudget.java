package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Unavailable;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;

/// How much of the heap the reads of chats and messages take at once. A page may have 8 MiB, and takes several
/// times that until it is JSON, so few are made at once: one for each 96 MiB of heap. From then on a page takes
/// its bytes, an eighth of the heap for all of them, and no longer keeps others from being made, however slowly
/// its client reads. Answers that are told again count there too. Whoever finds too little is refused with 503.
/// Thread-safe.
final class ReadBudget implements HandlerInterceptor {

    /// What a page may take without asking: most do not need more.
    private static final int FREE_BYTES = 1 << 16;

    private static final long BYTES_PER_READ = 96 << 20;
    private static final Duration MAX_WAIT = Duration.ofSeconds(5);
    private static final Duration MAX_WAIT_FOR_BYTES = Duration.ofMillis(250);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);
    private static final String READ = ReadBudget.class.getName();
    private static final Set<String> METHODS = Set.of("GET", "HEAD");
    private static final Set<Class<?>> READERS =
            Set.of(ChatController.class, MessageController.class, BranchController.class);

    private final Semaphore reads;
    private final Semaphore bytes;
    private final int allBytes;

    /// @param heap in bytes
    ReadBudget(long heap) {
        this.reads = new Semaphore((int) Math.max(1, heap / BYTES_PER_READ), true);
        this.allBytes = (int) Math.min(Integer.MAX_VALUE, heap / 8);
        this.bytes = new Semaphore(allBytes);
    }

    /// One read. Belongs to its request's thread.
    private final class Read {
        private boolean isMaking = true;
        private int held;

        void made(int length) {
            int needed = length <= FREE_BYTES ? 0 : Math.min(allBytes, length);
            if (!tryAcquire(bytes, needed, MAX_WAIT_FOR_BYTES)) {
                throw busy();
            }
            held += needed;
            endMaking();
        }

        void end() {
            endMaking();
            bytes.release(held);
            held = 0;
        }

        private void endMaking() {
            if (isMaking) {
                isMaking = false;
                reads.release();
            }
        }
    }

    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
        if (METHODS.contains(request.getMethod())
                && handler instanceof HandlerMethod method
                && READERS.contains(method.getBeanType())) {
            if (!tryAcquire(reads, 1, MAX_WAIT)) {
                throw busy();
            }
            request.setAttribute(READ, new Read());
        }
        return true;
    }

    @Override
    public void afterCompletion(
            HttpServletRequest request, HttpServletResponse response, Object handler, @Nullable Exception failure) {
        if (request.getAttribute(READ) instanceof Read read) {
            read.end();
        }
    }

    /// Takes these bytes, for an answer that is told again from memory, until its reader has them.
    ///
    /// @throws Unavailable when clients have too much yet to read
    Held hold(long length) {
        int needed = length <= FREE_BYTES ? 0 : (int) Math.min(allBytes, length);
        if (!bytes.tryAcquire(needed)) {
            throw busy();
        }
        return () -> bytes.release(needed);
    }

    /// Closing it gives the bytes back, once.
    interface Held extends AutoCloseable {
        @Override
        void close();
    }

    /// Says that the answer to this thread's request is JSON of this length now, and about to be written.
    ///
    /// @throws Unavailable when clients have too much yet to read
    static void made(int length) {
        RequestAttributes request = RequestContextHolder.getRequestAttributes();
        if (request != null && request.getAttribute(READ, RequestAttributes.SCOPE_REQUEST) instanceof Read read) {
            read.made(length);
        }
    }

    private static boolean tryAcquire(Semaphore semaphore, int permits, Duration patience) {
        try {
            return semaphore.tryAcquire(permits, patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static Unavailable busy() {
        return new Unavailable("busy", "The server has too many large responses to send. Try again.", RETRY_AFTER);
    }
}
