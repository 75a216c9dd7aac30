package dev.chatkeep.langchain4j;

import static java.util.Map.entry;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Media types in the spelling that providers take.
final class MediaTypes {

    static final String ANY = "application/octet-stream";

    /// What senders write who do not know the type.
    private static final Set<String> GENERIC = Set.of(
            ANY,
            "binary/octet-stream",
            "application/x-octet-stream",
            "application/binary",
            "application/unknown",
            "application/download",
            "application/x-download",
            "application/force-download",
            "application/x-force-download",
            "unknown/unknown");

    private static final Map<String, String> ALIASES = Map.ofEntries(
            entry("image/jpg", "image/jpeg"),
            entry("image/pjpeg", "image/jpeg"),
            entry("image/jpe", "image/jpeg"),
            entry("image/jfif", "image/jpeg"),
            entry("image/x-png", "image/png"),
            entry("application/x-pdf", "application/pdf"),
            entry("application/acrobat", "application/pdf"),
            entry("text/pdf", "application/pdf"));

    private static final Map<String, String> BY_EXTENSION = Map.ofEntries(
            entry("png", "image/png"),
            entry("jpg", "image/jpeg"),
            entry("jpeg", "image/jpeg"),
            entry("jpe", "image/jpeg"),
            entry("jfif", "image/jpeg"),
            entry("gif", "image/gif"),
            entry("webp", "image/webp"),
            entry("pdf", "application/pdf"),
            entry("wav", "audio/wav"),
            entry("mp3", "audio/mpeg"),
            entry("json", "application/json"),
            entry("csv", "text/csv"),
            entry("html", "text/html"),
            entry("htm", "text/html"),
            entry("md", "text/markdown"),
            entry("markdown", "text/markdown"),
            entry("xml", "text/xml"));

    private static final Set<String> PLAIN_EXTENSIONS = Set.of(
            "txt",
            "text",
            "log",
            "tsv",
            "ini",
            "cfg",
            "conf",
            "properties",
            "toml",
            "yaml",
            "yml",
            "ndjson",
            "jsonl",
            "css",
            "js",
            "mjs",
            "ts",
            "tsx",
            "jsx",
            "java",
            "kt",
            "py",
            "rb",
            "go",
            "rs",
            "c",
            "h",
            "cpp",
            "hpp",
            "cs",
            "php",
            "swift",
            "sh",
            "sql",
            "tex",
            "srt",
            "vtt",
            "diff",
            "patch");

    private MediaTypes() {}

    /// `type/subtype` in lower case, without parameters, in its usual spelling; null where it says nothing.
    static @Nullable String known(@Nullable String mediaType) {
        String bare = mediaType == null ? "" : mediaType;
        int end = bare.indexOf(';');
        String type = (end < 0 ? bare : bare.substring(0, end)).strip().toLowerCase(Locale.ROOT);
        boolean isUseful = type.matches("[^\\s/]+/[^\\s/*]+") && !GENERIC.contains(type);
        return isUseful ? ALIASES.getOrDefault(type, type) : null;
    }

    /// The type that a file's name tells; null where it tells none.
    static @Nullable String ofName(@Nullable String filename) {
        int dot = filename == null ? -1 : filename.lastIndexOf('.');
        if (filename == null || dot < 0) {
            return null;
        }
        String extension = filename.substring(dot + 1).strip().toLowerCase(Locale.ROOT);
        return PLAIN_EXTENSIONS.contains(extension) ? "text/plain" : BY_EXTENSION.get(extension);
    }

    /// The type of a picture that a model made, by its URL.
    static String ofPicture(String url) {
        if (url.regionMatches(true, 0, "data:", 0, 5)) {
            int comma = url.indexOf(',');
            String type = known(url.substring(5, Math.max(comma, 5)));
            return type == null ? ANY : type;
        }
        int query = url.indexOf('?');
        String type = ofName(query < 0 ? url : url.substring(0, query));
        return type != null && type.startsWith("image/") ? type : "image/*";
    }
}
