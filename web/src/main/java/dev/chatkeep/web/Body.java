package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.TooLarge;
import dev.chatkeep.JsonInput;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipException;

/// Reads a request's body, up to a limit that holds before and after it is inflated.
final class Body {

    /// The largest body of a request that is not a chat turn, in bytes.
    static final int BYTES = 1 << 20;

    /// The largest body that holds messages, in bytes.
    static final int MESSAGES_BYTES = 4 << 20;

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

    /// @throws TooLarge for more than `most` bytes
    static byte[] bytes(HttpServletRequest request, int most) {
        try (InputStream in = open(request, most)) {
            byte[] body = in.readNBytes(most + 1);
            if (body.length > most) {
                throw TooLongException.above(most);
            }
            return body;
        } catch (IOException broken) {
            throw refusal(broken);
        }
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

    /// What is answered to a body that cannot be read to its end.
    static RuntimeException refusal(IOException broken) {
        return switch (broken) {
            case TooLongException tooLong -> new TooLarge(null, String.valueOf(tooLong.getMessage()));
            case NotUtf8Exception _ -> JsonInput.notUtf8("");
            default -> unreadable(broken);
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
