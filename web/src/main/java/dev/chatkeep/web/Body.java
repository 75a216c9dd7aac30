package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.TooLarge;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;

/// Reads a request's body whole, up to a limit.
final class Body {

    /// The largest body of a request that is not a chat turn, in bytes.
    static final int BYTES = 1 << 20;

    /// The largest body that holds messages, in bytes.
    static final int MESSAGES_BYTES = 4 << 20;

    private Body() {}

    /// @throws TooLarge for more than [#BYTES]
    static byte[] bytes(HttpServletRequest request) {
        return bytes(request, BYTES);
    }

    /// @throws TooLarge for more than `most` bytes
    static byte[] bytes(HttpServletRequest request, int most) {
        try {
            byte[] body = request.getInputStream().readNBytes(most + 1);
            if (body.length > most) {
                throw new TooLarge(null, "The body has at most " + most + " bytes.");
            }
            return body;
        } catch (IOException broken) {
            throw unreadable(broken);
        }
    }

    static Invalid unreadable(IOException broken) {
        Invalid invalid = new Invalid("malformed_body", null, "The body could not be read to its end.");
        invalid.initCause(broken);
        return invalid;
    }
}
