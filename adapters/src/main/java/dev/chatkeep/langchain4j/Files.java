package dev.chatkeep.langchain4j;

import dev.chatkeep.message.Part;
import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.PdfFileContent;
import dev.langchain4j.data.message.TextContent;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Files as a model is shown them: by the bytes of a `data:` URL (RFC 2397) where the provider takes their kind, texts
/// as text, and anything else as a sentence that it was not shown. No URL leaves this class.
final class Files {

    private static final Set<String> IMAGES = Set.of("image/png", "image/jpeg", "image/gif", "image/webp");
    static final String PDF = "application/pdf";

    private Files() {}

    static List<Content> contents(Provider provider, Part.File file) {
        DataUrl data = DataUrl.of(file);
        Content content = data == null ? null : content(provider, data, file.filename());
        if (content == null) {
            return List.of(notShown(file));
        }
        // The other protocols have a field for it: see PdfNames.
        boolean isNamed = content instanceof PdfFileContent && provider == Provider.GEMINI && file.filename() != null;
        return isNamed ? List.of(TextContent.from(heading(file.filename())), content) : List.of(content);
    }

    private static @Nullable Content content(Provider provider, DataUrl data, @Nullable String filename) {
        String type = data.mediaType();
        if (IMAGES.contains(type)) {
            return ImageContent.from(data.base64(), type, ImageContent.DetailLevel.AUTO);
        }
        if (type.equals(PDF) && provider != Provider.OLLAMA) {
            return PdfFileContent.from(data.base64(), type);
        }
        if (type.startsWith("audio/")) {
            String known = audio(provider, type);
            return known == null ? null : AudioContent.from(data.base64(), known);
        }
        if (type.startsWith("text/") || type.equals("application/json")) {
            String text = data.text();
            return text == null ? null : TextContent.from(heading(filename) + "\n" + text);
        }
        return null;
    }

    private static String heading(@Nullable String filename) {
        return filename == null ? "A file:" : "The file " + filename + ":";
    }

    /// OpenAI is told the format's name, wav or mp3; LangChain4j takes it from the media type.
    private static @Nullable String audio(Provider provider, String type) {
        return switch (provider) {
            case OPENAI ->
                switch (type) {
                    case "audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave" -> "audio/wav";
                    case "audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/x-mpeg" -> "audio/mp3";
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
}
