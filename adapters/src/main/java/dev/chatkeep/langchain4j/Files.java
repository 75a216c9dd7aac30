package dev.chatkeep.langchain4j;

import dev.chatkeep.message.Part;
import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.PdfFileContent;
import dev.langchain4j.data.message.TextContent;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Files as a model is shown them: by the bytes of a `data:` URL (RFC 2397) where the provider takes their kind, texts
/// as text, and anything else as a sentence that it was not shown. No URL leaves this class.
final class Files {

    private static final Set<String> IMAGES = Set.of("image/png", "image/jpeg", "image/gif", "image/webp");

    private record Data(String mediaType, String base64) {
        String text() {
            return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
        }
    }

    private Files() {}

    static Content content(Provider provider, Part.File file) {
        Data data = data(file);
        Content content = data == null ? null : content(provider, data, file.filename());
        return content == null ? notShown(file) : content;
    }

    private static @Nullable Content content(Provider provider, Data data, @Nullable String filename) {
        String type = data.mediaType();
        if (IMAGES.contains(type)) {
            return ImageContent.from(data.base64(), type, ImageContent.DetailLevel.AUTO);
        }
        if (type.equals("application/pdf") && provider != Provider.OLLAMA) {
            return PdfFileContent.from(data.base64(), type);
        }
        if (type.startsWith("audio/")) {
            String known = audio(provider, type);
            return known == null ? null : AudioContent.from(data.base64(), known);
        }
        if (type.startsWith("text/") || type.equals("application/json")) {
            return TextContent.from((filename == null ? "A file:" : "The file " + filename + ":") + "\n" + data.text());
        }
        return null;
    }

    /// OpenAI is told the format's name, wav or mp3; LangChain4j takes it from the media type.
    private static @Nullable String audio(Provider provider, String type) {
        return switch (provider) {
            case OPENAI ->
                switch (type) {
                    case "audio/wav", "audio/x-wav", "audio/wave" -> "audio/wav";
                    case "audio/mpeg", "audio/mp3" -> "audio/mp3";
                    default -> null;
                };
            case GEMINI -> type;
            case ANTHROPIC, OLLAMA -> null;
        };
    }

    private static TextContent notShown(Part.File file) {
        String name = file.filename() == null ? "A file" : "The file " + file.filename();
        return TextContent.from("(" + name + " of type " + file.mediaType() + " was not shown to you.)");
    }

    private static @Nullable Data data(Part.File file) {
        String url = file.url();
        int comma = url.indexOf(',');
        if (!url.regionMatches(true, 0, "data:", 0, 5) || comma < 0) {
            return null;
        }
        String head = url.substring(5, comma);
        String own = head.contains(";") ? head.substring(0, head.indexOf(';')) : head;
        String mediaType = (own.isBlank() ? file.mediaType() : own)
                .toLowerCase(Locale.ROOT)
                .strip();
        try {
            String rest = url.substring(comma + 1);
            byte[] bytes = head.toLowerCase(Locale.ROOT).endsWith(";base64")
                    ? Base64.getMimeDecoder().decode(rest)
                    : URLDecoder.decode(rest.replace("+", "%2B"), StandardCharsets.UTF_8)
                            .getBytes(StandardCharsets.UTF_8);
            return bytes.length == 0
                    ? null
                    : new Data(mediaType, Base64.getEncoder().encodeToString(bytes));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
