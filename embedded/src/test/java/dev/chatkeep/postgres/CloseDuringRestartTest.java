package dev.chatkeep.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// [EmbeddedPostgres#close()] while a server that ended is started again: it ends the attempt, and leaves
/// nothing behind and the data free. [Supervised#close()] looks for what is left.
@Tag("slow")
class CloseDuringRestartTest {
    @TempDir
    Path folder;

    @AfterEach
    void theDataIsFree() throws SQLException {
        try (var again = Supervised.start(folder)) {
            again.awaitAnswer();
        }
    }

    @Test
    void rightAfterTheEnd() throws Exception {
        try (var supervised = Supervised.start(folder)) {
            supervised.kill();
        }
    }

    @Test
    void whenTheEndWasNoticed() throws Exception {
        try (var supervised = Supervised.start(folder)) {
            supervised.kill();
            supervised.awaitLine("ended by itself");
        }
    }

    @Test
    void whileTheServerStarts() throws Exception {
        try (var supervised = Supervised.start(folder)) {
            long first = supervised.server.pid();
            supervised.kill();
            Supervised.awaitPostmaster(folder, ProcessHandle.current(), first);
        }
    }

    @Test
    void whileAnOrphanIsWaitedFor() throws Exception {
        try (var supervised = Supervised.start(folder)) {
            supervised.stopBackend();
            supervised.kill();
            supervised.awaitLine("ended by itself");
        }
    }

    @Test
    void inAPause() throws Exception {
        Path settings = folder.resolve("postgres/postgresql.conf");
        String before;
        try (var supervised = Supervised.start(folder)) {
            before = Files.readString(settings);
            Files.writeString(settings, "nonsense\n", UTF_8, StandardOpenOption.APPEND);
            supervised.kill();
            supervised.awaitLine("It is started again in 4.0 s.");
            supervised.server.close();
            assertThat(supervised.log.lines()).last().asString().contains("in 4.0 s.");
        }
        Files.writeString(settings, before);
    }

    @Test
    void endsTheWaitForAConnection() throws Exception {
        try (var supervised = Supervised.start(folder)) {
            var source = supervised.server.dataSource(new Properties());
            supervised.stopBackend();
            supervised.kill();
            supervised.awaitLine("ended by itself");
            var connected = CompletableFuture.supplyAsync(() -> {
                try (Connection connection = source.getConnection()) {
                    return connection.isValid(1);
                } catch (SQLException e) {
                    throw new CompletionException(e);
                }
            });
            supervised.server.close();
            assertThatThrownBy(() -> connected.orTimeout(30, TimeUnit.SECONDS).join())
                    .hasMessageContaining("PostgreSQL was stopped.");
        }
    }
}
