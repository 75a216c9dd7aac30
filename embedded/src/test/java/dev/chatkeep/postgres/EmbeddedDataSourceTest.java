package dev.chatkeep.postgres;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class EmbeddedDataSourceTest {
    private static final String PASSWORD = "the-secret-of-the-cluster";

    @TempDir
    Path folder;

    /// Who took the port of a server that ended a moment ago, before anybody knows, asks for the password in
    /// clear.
    @Test
    void aStrangerIsNotToldThePassword() throws Exception {
        Process server = new ProcessBuilder("sleep", "60").start();
        try (var port = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
                var supervisor = supervise(new Postmaster(server, port.getLocalPort(), new ClusterProcesses(folder)))) {
            var heard = CompletableFuture.supplyAsync(() -> askForPassword(port));
            var source = new EmbeddedDataSource(supervisor, "chatkeep", PASSWORD, new Properties());
            assertThatThrownBy(source::getConnection).isInstanceOf(SQLException.class);
            assertThat(heard.orTimeout(30, TimeUnit.SECONDS).join())
                    .contains("chatkeep")
                    .doesNotContain(PASSWORD);
        }
    }

    private Supervisor supervise(Postmaster running) {
        return Supervisor.of(
                running,
                new Restart(
                        new DataFolder(folder),
                        TestFolders.options(),
                        Launcher.forThisUser(),
                        new Binaries.Version("18.6", "18"),
                        PASSWORD));
    }

    /// All that the client says, the first message (its refusal of TLS excepted) being answered with a request
    /// for the password.
    private static String askForPassword(ServerSocket port) {
        var heard = new StringBuilder();
        byte[] passwordInClear =
                ByteBuffer.allocate(9).put((byte) 'R').putInt(8).putInt(3).array();
        byte[] some = new byte[8_192];
        try (Socket client = port.accept()) {
            for (int count = client.getInputStream().read(some);
                    count >= 0;
                    count = client.getInputStream().read(some)) {
                String said = new String(some, 0, count, ISO_8859_1);
                heard.append(said);
                client.getOutputStream().write(said.contains("chatkeep") ? passwordInClear : new byte[] {'N'});
            }
        } catch (IOException e) {
            throw new CompletionException(e);
        }
        return heard.toString();
    }
}
