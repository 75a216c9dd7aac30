package dev.chatkeep.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLNonTransientConnectionException;
import java.util.Properties;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server that ended and cannot be started again, for a while or for good.
@Tag("slow")
class FailedRestartTest {
    private static final String REFUSED = "PostgreSQL is not started again. ";

    @TempDir
    Path folder;

    @Test
    void triesAgainAfterGrowingPausesUntilItStarts() throws Exception {
        try (var supervised = Supervised.start(folder)) {
            Path settings = supervised.cluster().resolve("postgresql.conf");
            String before = Files.readString(settings);
            Files.writeString(settings, "nonsense\n", UTF_8, StandardOpenOption.APPEND);
            supervised.kill();
            supervised.awaitLine("It is started again in 2.0 s.");
            Files.writeString(settings, before);
            supervised.awaitAnswer();

            String failed =
                    "PostgreSQL could not be started again: PostgreSQL ended while it was starting (exit code 1)."
                            + " Mend what it reports. It is started again in %s. See "
                            + folder.toRealPath().resolve("postgres.log") + ".";
            assertThat(supervised.log.lines().subList(1, 4))
                    .containsExactly(failed.formatted("0.5 s"), failed.formatted("1.0 s"), failed.formatted("2.0 s"));
            assertThat(supervised.log.lines()).hasSize(5);
        }
    }

    @Test
    void takesAnotherPortIfItsOwnWasTakenAndConnectionsFollow() throws Exception {
        try (var supervised = Supervised.start(folder)) {
            int port = supervised.server.port();
            var source = supervised.server.dataSource(new Properties());
            supervised.stopBackend();
            supervised.kill();
            supervised.awaitLine("ended by itself");
            try (var stranger = listen(port)) {
                supervised.awaitLine("accepts connections again");
                try (Connection connection = source.getConnection()) {
                    assertThat(connection.isValid(1)).isTrue();
                }
                assertThat(supervised.server.port()).isNotEqualTo(port);
                assertThat(supervised.log.lines())
                        .last()
                        .asString()
                        .endsWith(", on port " + supervised.server.port() + ", since " + port + " was taken");
                assertIsNotTalkedTo(stranger);
            }
        }
    }

    @Test
    void keepsAPortThatWasChosenAndWaitsForIt() throws Exception {
        int port;
        try (var free = listen(0)) {
            port = free.getLocalPort();
        }
        try (var supervised = Supervised.start(folder, TestFolders.options().withPort(port))) {
            supervised.stopBackend();
            supervised.kill();
            supervised.awaitLine("ended by itself");
            try (var stranger = listen(port)) {
                supervised.awaitLine("PostgreSQL cannot listen on 127.0.0.1:" + port);
                assertIsNotTalkedTo(stranger);
            }
            supervised.awaitAnswer();
            assertThat(supervised.server.port()).isEqualTo(port);
        }
    }

    @Test
    void doesNotOpenDataOfAnotherMajorVersion() throws Exception {
        try (var supervised = Supervised.start(folder)) {
            Files.writeString(supervised.cluster().resolve("PG_VERSION"), "14\n");
            var data = TestFolders.snapshot(supervised.cluster().resolve("base"));
            supervised.kill();
            supervised.awaitLine(REFUSED);
            assertIsRefused(supervised, "made by PostgreSQL 14");
            assertThat(TestFolders.snapshot(supervised.cluster().resolve("base")))
                    .isEqualTo(data);
        }
    }

    @Test
    void doesNotOpenDataWithoutItsPassword() throws Exception {
        try (var supervised = Supervised.start(folder)) {
            Files.delete(folder.resolve("postgres.password"));
            supervised.kill();
            supervised.awaitLine(REFUSED);
            assertIsRefused(supervised, "postgres.password is missing");
        }
    }

    @Test
    void doesNotOpenAnotherInstallationsData() throws Exception {
        try (var supervised = Supervised.start(folder)) {
            Files.writeString(folder.resolve("postgres.password"), "another\n");
            supervised.kill();
            supervised.awaitLine(REFUSED);
            assertIsRefused(supervised, "is another one");
        }
    }

    @Test
    void createsNothingInThePlaceOfDataThatIsGone() throws Exception {
        try (var supervised = Supervised.start(folder)) {
            Path away = folder.resolve("away");
            Files.move(supervised.cluster(), away);
            supervised.kill();
            supervised.awaitLine(REFUSED);
            assertIsRefused(supervised, "is gone");
            assertThat(supervised.cluster()).doesNotExist();
            Files.move(away, supervised.cluster());
        }
        try (var again = Supervised.start(folder)) {
            again.awaitAnswer();
        }
    }

    private static ServerSocket listen(int port) throws IOException {
        return new ServerSocket(port, 50, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
    }

    private static void assertIsNotTalkedTo(ServerSocket stranger) throws IOException {
        stranger.setSoTimeout(1);
        assertThatThrownBy(stranger::accept).isInstanceOf(SocketTimeoutException.class);
    }

    private static void assertIsRefused(Supervised supervised, String why) {
        var source = supervised.server.dataSource(new Properties());
        assertThatThrownBy(source::getConnection)
                .isInstanceOf(SQLNonTransientConnectionException.class)
                .hasMessageContaining(why);
        assertThat(supervised.log.lines())
                .hasSize(2)
                .last()
                .asString()
                .contains(REFUSED)
                .contains(why);
    }
}
