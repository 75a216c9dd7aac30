package dev.chatkeep.langchain4j;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Cuts an answer's bytes into its frames: the events of an event stream (WHATWG HTML, "Server-sent events"), or
/// lines.
///
/// A frame longer than [#MAX_BYTES] is refused, so that no provider can fill the memory.
final class Frames {

    static final int MAX_BYTES = 8 << 20;

    /// @param event the event's name, null where it has none
    record Frame(@Nullable String event, String data) {}

    private final Body body;
    private final boolean events;
    private byte[] piece = new byte[0];
    private int at;

    private Frames(Body body, boolean events) {
        this.body = body;
        this.events = events;
    }

    static Frames ofEvents(Body body) {
        return new Frames(body, true);
    }

    static Frames ofLines(Body body) {
        return new Frames(body, false);
    }

    /// Blocks for the next frame; null at the end. A last frame without its line end counts.
    @Nullable
    Frame next() throws IOException, InterruptedException {
        return events ? nextEvent() : nextLine();
    }

    private @Nullable Frame nextLine() throws IOException, InterruptedException {
        String line;
        do {
            line = line();
        } while (line != null && line.isBlank());
        return line == null ? null : new Frame(null, line);
    }

    private @Nullable Frame nextEvent() throws IOException, InterruptedException {
        String event = null;
        StringBuilder data = new StringBuilder();
        while (true) {
            String line = line();
            if (line == null || line.isEmpty()) {
                if (!data.isEmpty()) {
                    return new Frame(event, data.toString());
                }
                if (line == null) {
                    return null;
                }
                event = null;
            } else if (line.startsWith("event:")) {
                event = value(line, "event:");
            } else if (line.startsWith("data:")) {
                data.append(data.isEmpty() ? "" : "\n").append(value(line, "data:"));
                if (data.length() > MAX_BYTES) {
                    throw tooLong();
                }
            }
        }
    }

    private static String value(String line, String field) {
        int start = field.length();
        return line.substring(line.startsWith(" ", start) ? start + 1 : start);
    }

    private @Nullable String line() throws IOException, InterruptedException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        boolean any = false;
        while (true) {
            if (at == piece.length) {
                byte[] next = body.next();
                if (next == null) {
                    return any ? text(line) : null;
                }
                piece = next;
                at = 0;
            }
            int end = at;
            while (end < piece.length && piece[end] != '\n') {
                end++;
            }
            any = true;
            line.write(piece, at, end - at);
            if (line.size() > MAX_BYTES) {
                throw tooLong();
            }
            at = Math.min(end + 1, piece.length);
            if (end < piece.length) {
                return text(line);
            }
        }
    }

    private static IOException tooLong() {
        return new IOException("A frame is longer than " + MAX_BYTES + " bytes.");
    }

    private static String text(ByteArrayOutputStream line) {
        String text = line.toString(StandardCharsets.UTF_8);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }
}
