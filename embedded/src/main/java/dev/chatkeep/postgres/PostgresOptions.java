package dev.chatkeep.postgres;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/// What may be chosen about an embedded PostgreSQL. Start from [#defaults()] and change what differs.
///
/// Durability is not an option: see [#FIXED].
///
/// @param installation folder of an installed PostgreSQL, the one that holds `bin/postgres`; null takes the binaries
/// from
///     the class path
/// @param cache folder to keep unpacked binaries in; null lets [Binaries] choose. Unused with an installation.
/// @param port TCP port on 127.0.0.1; 0 takes a free one at each start
/// @param maxConnections of the server, 10 to 10,000
/// @param settings further `postgresql.conf` settings, given on the command line, so stronger than `alter system`
/// @param progress told in one sentence what is about to take a while; called on the thread that starts the server
public record PostgresOptions(
        @Nullable Path installation,
        @Nullable Path cache,
        int port,
        int maxConnections,
        Map<String, String> settings,
        Consumer<String> progress) {

    /// What a committed row and a closed door depend on. Given on every start, and refused among the settings.
    static final List<String> FIXED = List.of(
            "fsync=on",
            "synchronous_commit=on",
            "full_page_writes=on",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "password_encryption=scram-sha-256");

    /// Settings that have an option of their own, or that would move files out of the data directory.
    private static final Set<String> RESERVED = Set.of(
            "port",
            "max_connections",
            "config_file",
            "data_directory",
            "hba_file",
            "ident_file",
            "external_pid_file",
            "logging_collector");

    public PostgresOptions {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port must be 0 to 65535, not " + port);
        }
        if (maxConnections < 10 || maxConnections > 10_000) {
            throw new IllegalArgumentException("maxConnections must be 10 to 10000, not " + maxConnections);
        }
        settings.keySet().forEach(PostgresOptions::requireFree);
        settings = Map.copyOf(settings);
        Objects.requireNonNull(progress, "progress");
    }

    /// The binaries of the class path, a free port, 100 connections, progress to the log.
    public static PostgresOptions defaults() {
        return new PostgresOptions(null, null, 0, 100, Map.of(), LoggerFactory.getLogger(EmbeddedPostgres.class)::info);
    }

    public PostgresOptions withInstallation(Path folder) {
        return new PostgresOptions(folder, cache, port, maxConnections, settings, progress);
    }

    public PostgresOptions withCache(Path folder) {
        return new PostgresOptions(installation, folder, port, maxConnections, settings, progress);
    }

    public PostgresOptions withPort(int number) {
        return new PostgresOptions(installation, cache, number, maxConnections, settings, progress);
    }

    public PostgresOptions withMaxConnections(int number) {
        return new PostgresOptions(installation, cache, port, number, settings, progress);
    }

    /// Adds one setting, such as `withSetting("shared_buffers", "512MB")`.
    ///
    /// @throws IllegalArgumentException if the setting is fixed or has an option of its own
    public PostgresOptions withSetting(String name, String value) {
        var more = new HashMap<>(settings);
        more.put(name, value);
        return new PostgresOptions(installation, cache, port, maxConnections, more, progress);
    }

    public PostgresOptions withProgress(Consumer<String> listener) {
        return new PostgresOptions(installation, cache, port, maxConnections, settings, listener);
    }

    /// PostgreSQL reads `Full-Page-Writes` as `full_page_writes`, so the name is compared in that form.
    private static void requireFree(String setting) {
        if (!setting.matches("[A-Za-z_][A-Za-z0-9_.-]*")) {
            throw new IllegalArgumentException("Not the name of a PostgreSQL setting: " + setting);
        }
        String name = setting.toLowerCase(Locale.ROOT).replace('-', '_');
        if (RESERVED.contains(name) || FIXED.stream().anyMatch(fixed -> fixed.startsWith(name + "="))) {
            throw new IllegalArgumentException("The PostgreSQL setting " + name + " cannot be changed here");
        }
    }
}
