package dev.chatkeep.postgres;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Supplier;

/// A program that holds a server until its input ends, which it does at the latest when the test's JVM ends.
///
/// Prints `progress <line>` and then `ready <pid of postgres> <port>` or `failed <message>`.
final class Holder {
    private Holder() {}

    /// Takes the data directory, the cache, and `nobody` to run the server as nobody or `usual` for what works here.
    public static void main(String[] arguments) throws IOException {
        var options = PostgresOptions.defaults()
                .withCache(Path.of(arguments[1]))
                .withProgress(line -> System.out.println("progress " + line));
        Supplier<Launcher> launcher = arguments[2].equals("nobody") ? Launcher::asNobody : Launcher::forThisUser;
        try (var server = EmbeddedPostgres.start(Path.of(arguments[0]), options, launcher)) {
            System.out.println("ready " + server.pid() + " " + server.port());
            while (System.in.read() >= 0) {
                // Until the end of input, which also comes when the parent is killed.
            }
        } catch (EmbeddedPostgresException e) {
            System.out.println("failed " + String.valueOf(e.getMessage()).replace('\n', ' '));
        }
    }
}
