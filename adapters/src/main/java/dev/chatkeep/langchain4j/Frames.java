package dev.chatkeep.langchain4j;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// Cuts an answer's bytes into its frames, whatever form they have: the events of an event stream (WHATWG HTML,
/// "Server-sent events"), lines of JSON, or a JSON body. A JSON array is as many frames as it has elements.
///
/// Providers differ from the standard, and are understood all the same: JSON without `data:`, events without an empty
/// line between them, `data:` twice, a byte order mark before any line, and `error:` as a field. What is none of this
/// is kept as [#words()], to be told when nothing else explains the end.
///
/// A frame longer than [#MAX_BYTES] is refused, so that no provider can fill the memory.
final class Frames {

    static final int MAX_BYTES = 8 << 20;
    private static final int MAX_WORDS = 2_000;
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    /// @param event the event's name, null where it has none
    record Frame(@Nullable String event, String data) {

        private static final String DONE = "[DONE]";

        /// Whether this is OpenAI's end marker, which other providers' proxies send as well.
        boolean isDone() {
            return isDone(data);
        }

        private static boolean isDone(String text) {
            String bare = text.length() > 16 ? text : text.strip().replace("\"", "");
            return bare.equalsIgnoreCase(DONE);
        }
    }

    private final Body body;
    private final boolean isLines;
    private final Queue<Frame> frames = new ArrayDeque<>();
    private final JsonValues values = new JsonValues();
    private final StringBuilder words = new StringBuilder();
    private byte[] piece = new byte[0];
    private int at;
    private boolean afterReturn;
    private @Nullable String event;
    /// Whether the JSON that has begun belongs to an event, which an empty line ends.
    private boolean inEvent;

    private boolean hadObject;
    private boolean eventHadData;
    /// Whether what is read now stood in the line behind its JSON, which happens once a line.
    private boolean isRest;

    private Frames(Body body, boolean isLines) {
        this.body = body;
        this.isLines = isLines;
    }

    /// Frames of a provider that sends an event stream.
    static Frames ofEvents(Body body) {
        return new Frames(body, false);
    }

    /// Frames of a provider that sends lines of JSON: from the second on, each line is a whole frame.
    static Frames ofLines(Body body) {
        return new Frames(body, true);
    }

    /// Blocks for the next frame; null at the end. A last frame without its line end counts.
    ///
    /// @throws IOException also when the body ends inside a frame
    @Nullable
    Frame next() throws IOException, InterruptedException {
        while (true) {
            String object = values.next();
            if (object != null) {
                hadObject = true;
                return new Frame(event, object);
            }
            endLine();
            if (!frames.isEmpty()) {
                return frames.poll();
            }
            if (values.hasLine()) {
                continue;
            }
            String line = line();
            if (line == null) {
                if (values.isOpen()) {
                    throw new IOException("It ended inside a frame.");
                }
                return null;
            }
            isRest = false;
            take(line);
        }
    }

    /// What came and was part of no frame, in at most some thousand characters.
    String words() {
        return words.toString();
    }

    private void take(String line) {
        if (values.isOpen() && !inEvent) {
            values.take(line);
        } else if (line.isBlank()) {
            endEvent();
        } else {
            field(line.stripLeading());
        }
    }

    private void field(String line) {
        if (line.startsWith("data:")) {
            data(line);
        } else if (line.startsWith("event:")) {
            event = line.substring("event:".length()).strip();
        } else if (line.startsWith("error:")) {
            frames.add(new Frame("error", line.substring("error:".length()).strip()));
        } else if (Frame.isDone(line)) {
            frames.add(new Frame(null, line));
        } else if (!inEvent && JsonValues.isStart(line)) {
            values.take(line);
        } else if (!line.startsWith(":") && !line.startsWith("id:") && !line.startsWith("retry:")) {
            words(line);
        }
    }

    private void data(String line) {
        String value = value(line);
        if (value.startsWith("data:")) {
            value = value(value);
        }
        if (value.isBlank()) {
            return;
        }
        eventHadData = true;
        if (values.isOpen() || JsonValues.isStart(value)) {
            inEvent = true;
            values.take(value);
        } else {
            frames.add(new Frame(event, value.strip()));
        }
    }

    private static String value(String line) {
        return withoutMark(line.substring("data:".length()).stripLeading());
    }

    /// Looks at what a line of JSON leaves behind its last object.
    private void endLine() throws IOException {
        if (values.length() > MAX_BYTES) {
            throw tooLong();
        }
        if (isLines && hadObject && !inEvent && values.isOpen()) {
            frames.add(new Frame(null, values.cut()));
        }
        inEvent &= values.isOpen();
        String rest = values.rest();
        if (isRest) {
            words(rest);
        } else if (!rest.isEmpty()) {
            isRest = true;
            field(rest);
        }
    }

    /// An event that ends inside its JSON is a frame as it is: it cannot be read, which is for the reader to say.
    private void endEvent() {
        String cut = values.cut();
        if (!cut.isBlank() || ("error".equals(event) && !eventHadData)) {
            frames.add(new Frame(event, cut));
        }
        event = null;
        inEvent = false;
        eventHadData = false;
    }

    private void words(String line) {
        int room = MAX_WORDS - words.length();
        if (room > 0) {
            words.append(words.isEmpty() ? "" : " ").append(line, 0, Math.min(line.length(), room));
        }
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
                continue;
            }
            if (afterReturn) {
                afterReturn = false;
                if (piece[at] == '\n') {
                    at++;
                    continue;
                }
            }
            int end = at;
            while (end < piece.length && piece[end] != '\n' && piece[end] != '\r') {
                end++;
            }
            any = true;
            line.write(piece, at, end - at);
            if (line.size() > MAX_BYTES) {
                throw tooLong();
            }
            at = end;
            if (end < piece.length) {
                afterReturn = piece[end] == '\r';
                at++;
                return text(line);
            }
        }
    }

    private static IOException tooLong() {
        return new IOException("A frame is longer than " + MAX_BYTES + " bytes.");
    }

    private static String text(ByteArrayOutputStream line) {
        return withoutMark(line.toString(StandardCharsets.UTF_8));
    }

    private static String withoutMark(String text) {
        return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    }
}
