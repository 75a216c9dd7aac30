package dev.chatkeep.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `postgres.log`, to which the server and `initdb` append. It may quote statements, so only the owner reads it. A
/// log above 16 MB is set aside as `postgres.log.1` at the next start.
///
/// @param start size when this start began: what comes before is of earlier ones
record ServerLog(Path file, long start) {
    private static final long TOO_LARGE = 16L << 20;
    private static final int TAIL_BYTES = 8_192;
    private static final int TAIL_LINES = 20;

    static ServerLog open(DataFolder data) throws IOException {
        Path file = data.log();
        if (Files.exists(file) && Files.size(file) > TOO_LARGE) {
            Files.move(file, data.oldLog(), StandardCopyOption.REPLACE_EXISTING);
        }
        if (!Files.exists(file)) {
            Modes.createFile(file);
        }
        return new ServerLog(file, Files.size(file));
    }

    /// The same log, for what comes from now on.
    ServerLog fromNow() throws IOException {
        return new ServerLog(file, Files.size(file));
    }

    ProcessBuilder.Redirect append() {
        return ProcessBuilder.Redirect.appendTo(file.toFile());
    }

    /// The last lines of this start, at most 20.
    String tail() {
        try (var log = new RandomAccessFile(file.toFile(), "r")) {
            long from = Math.max(start, log.length() - TAIL_BYTES);
            var bytes = new byte[(int) (log.length() - from)];
            log.seek(from);
            log.readFully(bytes);
            List<String> lines = new String(bytes, UTF_8).lines().toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
        } catch (IOException e) {
            return "(" + file + " cannot be read: " + e.getMessage() + ")";
        }
    }

    EmbeddedPostgresException failure(String sentence) {
        return failure(sentence, null);
    }

    EmbeddedPostgresException failure(String sentence, @Nullable Throwable cause) {
        return new EmbeddedPostgresException(sentence, sentence + " The end of " + file + ":\n" + tail(), cause);
    }
}
