package dev.chatkeep.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/// HTTP over a plain socket: sends what no client library would, and reads all that comes back.
///
/// @param port the server's, on this machine
record RawHttp(int port) {

    /// A server that says nothing for so long hangs.
    static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final int MOST = 64 << 20;

    static RawHttp of(TestServer server) {
        return new RawHttp(URI.create(server.url()).getPort());
    }

    /// Sends these bytes and nothing after them, and reads until the server closes the connection. There may be
    /// no answer to what is no request, or more than one.
    ///
    /// @throws SocketTimeoutException when the server hangs
    List<RawAnswer> send(byte[] request) throws IOException {
        return RawAnswer.read(bytes(request), isHead(request));
    }

    /// The same, whatever comes back.
    byte[] bytes(byte[] request) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), (int) PATIENCE.toMillis());
            socket.setSoTimeout((int) PATIENCE.toMillis());
            write(socket, request);
            return read(socket.getInputStream());
        }
    }

    /// A request of one line and headers, to be asked of this server and closed.
    RawAnswer ask(String line, String... headers) throws IOException {
        String head = line + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nConnection: close\r\n"
                + String.join(
                        "",
                        List.of(headers).stream().map(header -> header + "\r\n").toList()) + "\r\n";
        return send(head.getBytes(StandardCharsets.ISO_8859_1)).getFirst();
    }

    /// A server that refuses a request may close the connection before it has read all of it.
    private static void write(Socket socket, byte[] request) {
        try {
            socket.getOutputStream().write(request);
            socket.shutdownOutput();
        } catch (IOException closed) {
            // What it answered can still be read.
        }
    }

    private static byte[] read(InputStream in) throws IOException {
        var read = new ByteArrayOutputStream();
        byte[] some = new byte[1 << 16];
        try {
            for (int count = in.read(some); count >= 0; count = in.read(some)) {
                read.write(some, 0, count);
                if (read.size() > MOST) {
                    throw new IOException("an answer without end");
                }
            }
        } catch (SocketTimeoutException hang) {
            throw hang;
        } catch (IOException reset) {
            return read.toByteArray();
        }
        return read.toByteArray();
    }

    private static boolean isHead(byte[] request) {
        return new String(request, 0, Math.min(64, request.length), StandardCharsets.ISO_8859_1)
                .stripLeading()
                .startsWith("HEAD ");
    }
}
