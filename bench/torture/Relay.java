import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// What a server does at the least to have an answer read: asks the model and passes its bytes on, and keeps nothing.
/// Takes the arguments of [Node], of which it heeds the port.
public final class Relay {

    private static final String PORT = "--server.port=";

    private Relay() {}

    public static void main(String[] arguments) throws IOException {
        int model = Integer.parseInt(arguments[0]);
        int port = 0;
        for (String argument : arguments) {
            if (argument.startsWith(PORT)) {
                port = Integer.parseInt(argument.substring(PORT.length()));
            }
        }
        try (ServerSocket door = new ServerSocket(port, 10_000, InetAddress.getLoopbackAddress())) {
            while (true) {
                Socket client = door.accept();
                Thread.ofVirtual().start(() -> relay(client, model));
            }
        }
    }

    private static void relay(Socket client, int model) {
        try (client) {
            client.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(client.getInputStream());
            OutputStream out = client.getOutputStream();
            for (String body = Http.body(in); body != null; body = Http.body(in)) {
                if (body.isEmpty()) {
                    out.write("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"sessionToken\":\"a\"}"
                            .getBytes(StandardCharsets.US_ASCII));
                } else {
                    pass(out, model);
                    return;
                }
            }
        } catch (IOException gone) {
            // One of the two hung up.
        }
    }

    private static void pass(OutputStream out, int model) throws IOException {
        try (Socket upstream = new Socket(InetAddress.getLoopbackAddress(), model)) {
            upstream.setTcpNoDelay(true);
            upstream.getOutputStream()
                    .write("POST /v1 HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}".getBytes(StandardCharsets.US_ASCII));
            InputStream answer = upstream.getInputStream();
            byte[] buffer = new byte[8 << 10];
            for (int read = answer.read(buffer); read > 0; read = answer.read(buffer)) {
                out.write(buffer, 0, read);
                if (new String(buffer, 0, read, StandardCharsets.ISO_8859_1).contains("[DONE]")) {
                    return;
                }
            }
        }
    }
}
