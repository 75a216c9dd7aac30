package dev.chatkeep.langchain4j;

import dev.chatkeep.message.Part;
import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a `data:` URL holds (RFC 2397), read as senders write it: with types in upper case or other spellings,
/// parameters such as `;name=`, base64 in either alphabet.
///
/// The media type is the URL's own; where that says nothing (`application/octet-stream`, or none), the file part's;
/// where that says nothing either, the one that the file's name tells.
final class DataUrl {

    private final String mediaType;
    private final @Nullable String charset;
    private final byte[] bytes;

    private DataUrl(String mediaType, @Nullable String charset, byte[] bytes) {
        this.mediaType = mediaType;
        this.charset = charset;
        this.bytes = bytes;
    }

    /// Null for any other URL, for one without a byte, and for one that cannot be decoded.
    static @Nullable DataUrl of(Part.File file) {
        String url = file.url();
        int comma = url.indexOf(',');
        if (!url.regionMatches(true, 0, "data:", 0, 5) || comma < 0) {
            return null;
        }
        String head = url.substring(5, comma);
        String charset = parameter(head, "charset");
        try {
            byte[] bytes = bytes(head, url.substring(comma + 1));
            return bytes.length == 0
                    ? null
                    : new DataUrl(
                            mediaType(head, file, charset),
                            charset == null ? parameter(file.mediaType(), "charset") : charset,
                            bytes);
        } catch (IllegalArgumentException undecodable) {
            return null;
        }
    }

    private static String mediaType(String head, Part.File file, @Nullable String charset) {
        String own = MediaTypes.known(head);
        if (own != null) {
            return own;
        }
        String ofPart = MediaTypes.known(file.mediaType());
        if (ofPart != null) {
            return ofPart;
        }
        String ofName = MediaTypes.ofName(file.filename());
        if (ofName != null) {
            return ofName;
        }
        // Bytes with a charset are text, which is also what RFC 2397 says of a URL without a type.
        return charset == null ? MediaTypes.ANY : "text/plain";
    }

    private static @Nullable String parameter(String head, String name) {
        for (String parameter : head.split(";", -1)) {
            int equals = parameter.indexOf('=');
            if (equals > 0 && parameter.substring(0, equals).strip().equalsIgnoreCase(name)) {
                String value = parameter.substring(equals + 1).replace("\"", "").strip();
                return value.isEmpty() ? null : value;
            }
        }
        return null;
    }

    private static byte[] bytes(String head, String rest) {
        byte[] bytes = rest.indexOf('%') < 0 ? rest.getBytes(StandardCharsets.UTF_8) : unescape(rest);
        String last = head.substring(head.lastIndexOf(';') + 1).strip().toLowerCase(Locale.ROOT);
        if (!last.equals("base64") || head.indexOf(';') < 0) {
            return bytes;
        }
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (bytes[i] == '-' ? '+' : bytes[i] == '_' ? '/' : bytes[i]);
        }
        return Base64.getMimeDecoder().decode(bytes);
    }

    private static byte[] unescape(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        byte[] escaped = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < escaped.length; i++) {
            boolean isEscape = escaped[i] == '%' && i + 2 < escaped.length;
            int high = isEscape ? Character.digit(escaped[i + 1], 16) : -1;
            int low = isEscape ? Character.digit(escaped[i + 2], 16) : -1;
            if (high >= 0 && low >= 0) {
                bytes.write(high << 4 | low);
                i += 2;
            } else {
                bytes.write(escaped[i]);
            }
        }
        return bytes.toByteArray();
    }

    String mediaType() {
        return mediaType;
    }

    String base64() {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /// The bytes as text in the charset that was given, in UTF-8 where none was; null when it is not a known one.
    @Nullable
    String text() {
        Charset given;
        try {
            given = charset == null ? StandardCharsets.UTF_8 : Charset.forName(charset);
        } catch (IllegalArgumentException unknown) {
            return null;
        }
        String text = new String(bytes, marked(given));
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /// The order of UTF-16's bytes, by their mark, else by where the zeros of Latin letters are.
    private Charset marked(Charset given) {
        boolean isBig = startsWith(0xFE, 0xFF);
        boolean isLittle = startsWith(0xFF, 0xFE);
        if (isBig || isLittle) {
            return isBig ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_16LE;
        }
        if (!given.equals(StandardCharsets.UTF_16)) {
            return given;
        }
        int balance = 0;
        for (int i = 0; i < bytes.length; i++) {
            balance += bytes[i] != 0 ? 0 : i % 2 == 0 ? 1 : -1;
        }
        return balance >= 0 ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_16LE;
    }

    private boolean startsWith(int first, int second) {
        return bytes.length > 1 && (bytes[0] & 0xFF) == first && (bytes[1] & 0xFF) == second;
    }
}
