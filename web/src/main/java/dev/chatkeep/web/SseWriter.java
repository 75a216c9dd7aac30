package dev.chatkeep.web;

import dev.chatkeep.db.Json;
import dev.chatkeep.db.SqlErrors;
import dev.chatkeep.run.ReplyLog;
import dev.chatkeep.run.ReplyLog.Next;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes an answer to a client as the AI SDK's UI message stream v1: server-sent events, one chunk of JSON
/// each.
///
/// It blocks on the request's virtual thread and flushes once for all that is there. A client that is gone or
/// reads too slowly for the connection's write timeout ends this writer and nothing else.
final class SseWriter {

    private static final Logger LOG = LoggerFactory.getLogger(SseWriter.class);
    private static final Duration HEARTBEAT = Duration.ofSeconds(15);
    private static final Duration DATABASE_RETRY = Duration.ofSeconds(1);
    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END_OF_EVENT = "\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] KEEP_ALIVE = ": keep-alive\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

    private SseWriter() {}

    static void write(HttpServletResponse response, ReplyLog.Reader reader) throws IOException {
        response.setStatus(HttpServletResponse.SC_OK);
        response.setContentType("text/event-stream");
        response.setHeader("Cache-Control", "no-cache, no-transform");
        response.setHeader("X-Accel-Buffering", "no");
        response.setHeader("X-Vercel-AI-UI-Message-Stream", "v1");
        OutputStream out = response.getOutputStream();
        boolean more = true;
        while (more) {
            more = write(out, next(reader));
            out.flush();
        }
    }

    private static boolean write(OutputStream out, Next next) throws IOException {
        switch (next) {
            case Next.Chunks(List<byte[]> chunks) -> {
                for (byte[] chunk : chunks) {
                    out.write(DATA);
                    out.write(chunk);
                    out.write(END_OF_EVENT);
                }
            }
            case Next.Silence() -> out.write(KEEP_ALIVE);
            case Next.End() -> out.write(DONE);
            case Next.Lost() -> breakOff(out, "You read too slowly. Load the chat again.");
        }
        return next instanceof Next.Chunks || next instanceof Next.Silence;
    }

    /// Says that this is not the end. To close tidily would be taken for one.
    private static void breakOff(OutputStream out, String why) throws IOException {
        out.write(DATA);
        out.write(Json.MAPPER.writeValueAsBytes(Map.of("type", "error", "errorText", why)));
        out.write(END_OF_EVENT);
        out.write(DONE);
    }

    /// What a reader is behind is read from the database. One that is away is waited for: the answer goes on all the
    /// same, and so does its reader.
    private static Next next(ReplyLog.Reader reader) {
        try {
            return reader.next(HEARTBEAT);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return new Next.Lost();
        } catch (RuntimeException failure) {
            if (!SqlErrors.isUnavailable(failure)) {
                throw failure;
            }
            LOG.debug("a reader waits for the database", failure);
            return pause();
        }
    }

    private static Next pause() {
        try {
            Thread.sleep(DATABASE_RETRY);
            return new Next.Silence();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return new Next.Lost();
        }
    }
}
