package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.TooLarge;
import dev.chatkeep.ChatkeepException.Unavailable;
import dev.chatkeep.JsonInput;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipException;

/// Reads a request's body, up to a limit that holds before and after it is inflated, and within what all bodies
/// together may take of the heap.
final class Body {

    /// The largest body of a request that is not a chat turn, in bytes.
    static final int BYTES = 1 << 20;

    /// The largest body that holds messages, in bytes.
    static final int MESSAGES_BYTES = 4 << 20;

    private static final String LEASE = Body.class.getName();
    private static final int CHUNK = 1 << 13;
    /// What a byte of text, and what a comma, colon or opening bracket beside it, take in memory until the request
    /// is answered: measured, see docs/design/07-edge.md.
    private static final int BYTE_WEIGHT = 8;
    private static final int TOKEN_WEIGHT = 80;

    private Body() {}

    /// More was sent than is read.
    static final class TooLongException extends IOException {
        private static final long serialVersionUID = 1L;

        TooLongException(String message) {
            super(message);
        }

        static TooLongException above(long limit) {
            return new TooLongException("The body has at most " + limit + " bytes.");
        }
    }

    /// The body is not UTF-8.
    static final class NotUtf8Exception extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /// @throws TooLarge for more than [#BYTES]
    static byte[] bytes(HttpServletRequest request) {
        return bytes(request, BYTES);
    }

    /// The whole body, and room for what its JSON becomes until the request is answered.
    ///
    /// @throws TooLarge for more than `most` bytes
    /// @throws Unavailable when the server reads too many large bodies
    static byte[] bytes(HttpServletRequest request, int most) {
        BodyBudget.Lease lease = lease(request);
        try (InputStream in = open(request, most)) {
            byte[] body = read(in, most, lease);
            RequestClock.of(request).bodyRead();
            lease.holdParsed(weight(body));
            return body;
        } catch (IOException broken) {
            throw refusal(request, broken);
        }
    }

    private static byte[] read(InputStream in, int most, BodyBudget.Lease lease) throws IOException {
        var body = new ByteArrayOutputStream(CHUNK);
        byte[] chunk = new byte[CHUNK];
        for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
            if (body.size() + count > most) {
                throw TooLongException.above(most);
            }
            // Growing and copying it out, there are two of it.
            lease.holdRead(2L * (body.size() + count));
            body.write(chunk, 0, count);
        }
        return body.toByteArray();
    }

    /// The body as it was meant: inflated, if it is gzip.
    ///
    /// @param most bytes that are read, before and after it is inflated
    /// @throws HttpRefusal for any other content coding
    static InputStream open(HttpServletRequest request, long most) throws IOException {
        InputStream in = request.getInputStream();
        List<String> codings = Collections.list(request.getHeaders("Content-Encoding"));
        String coding = String.join(",", codings).strip().toLowerCase(Locale.ROOT);
        return switch (coding) {
            case "", "identity" -> in;
            case "gzip", "x-gzip" -> new GzipInput(in, most);
            default -> throw HttpRefusal.contentCoding();
        };
    }

    /// What the body of this request takes of the heap, until [#release].
    static BodyBudget.Lease lease(HttpServletRequest request) {
        if (request.getAttribute(LEASE) instanceof BodyBudget.Lease lease) {
            return lease;
        }
        BodyBudget.Lease lease = BodyBudget.HEAP.new Lease();
        request.setAttribute(LEASE, lease);
        return lease;
    }

    static void release(HttpServletRequest request) {
        if (request.getAttribute(LEASE) instanceof BodyBudget.Lease lease) {
            lease.close();
        }
    }

    /// An estimate of the memory that this JSON takes as a tree, as text and on its way to the database.
    static long weight(byte[] json) {
        long tokens = 0;
        boolean isText = false;
        for (int i = 0; i < json.length; i++) {
            switch (json[i]) {
                case '"' -> isText = !isText;
                case '\\' -> i++;
                case ',', ':', '{', '[' -> tokens += isText ? 0 : 1;
                default -> {}
            }
        }
        return BYTE_WEIGHT * (long) json.length + TOKEN_WEIGHT * tokens;
    }

    /// What is answered to a body that cannot be read to its end.
    static RuntimeException refusal(HttpServletRequest request, IOException broken) {
        return switch (broken) {
            case TooLongException tooLong -> new TooLarge(null, String.valueOf(tooLong.getMessage()));
            case NotUtf8Exception notUtf8 -> JsonInput.notUtf8("");
            default ->
                broken.getCause() instanceof SocketTimeoutException
                                || RequestClock.of(request).isLate()
                        ? HttpRefusal.timeout()
                        : unreadable(broken);
        };
    }

    private static Invalid unreadable(IOException broken) {
        Invalid invalid = new Invalid(
                "malformed_body",
                null,
                broken instanceof ZipException
                        ? "The body is not gzip, or damaged."
                        : "The body could not be read to its end.");
        invalid.initCause(broken);
        return invalid;
    }
}
