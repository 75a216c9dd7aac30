package dev.chatkeep.server;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.apache.coyote.Processor;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler.SocketState;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/// HTTP/1.1 with a deadline for each request and a bound of connections by address, which Tomcat has not: its timeouts
/// begin anew with each byte. See docs/design/07-edge.md for each hook.
public final class GuardedProtocol extends Http11NioProtocol {

    private static final ScopedValue<ClientConnection> CURRENT = ScopedValue.newInstance();

    private ClientConnections connections = new ClientConnections(ConnectionLimits.NONE);

    /// Made by Tomcat, by its name.
    public GuardedProtocol() {
        this(new Endpoint());
    }

    private GuardedProtocol(Endpoint endpoint) {
        super(endpoint);
        endpoint.protocol = this;
        Guard guard = new Guard();
        setHandler(guard);
        endpoint.setHandler(guard);
    }

    /// Before it is started.
    void limit(ConnectionLimits limits) {
        connections = new ClientConnections(limits);
    }

    /// The connection that this thread serves.
    static @Nullable ClientConnection current() {
        return CURRENT.isBound() ? CURRENT.get() : null;
    }

    private static final class Endpoint extends NioEndpoint {

        private @Nullable GuardedProtocol protocol;

        private ClientConnections connections() {
            if (protocol == null) {
                throw new IllegalStateException("not made yet");
            }
            return protocol.connections;
        }

        @Override
        public void startInternal() throws Exception {
            super.startInternal();
            connections().start();
        }

        @Override
        public void stopInternal() {
            super.stopInternal();
            connections().stop();
        }

        @Override
        protected boolean setSocketOptions(SocketChannel socket) {
            if (!connections().open(socket)) {
                destroySocket(socket);
                return false;
            }
            if (!super.setSocketOptions(socket)) {
                connections().closed(socket);
                return false;
            }
            return true;
        }
    }

    /// Follows what becomes of a connection.
    private final class Guard extends ConnectionHandler<NioChannel> {

        Guard() {
            super(GuardedProtocol.this);
        }

        @Override
        public SocketState process(SocketWrapperBase<NioChannel> wrapper, SocketEvent event) {
            ClientConnection connection = connections.of(wrapper.getSocket().getIOChannel());
            if (connection == null) {
                return super.process(wrapper, event);
            }
            SocketState state = ScopedValue.where(CURRENT, connection).call(() -> serve(wrapper, event));
            if (state == SocketState.OPEN || (state == SocketState.LONG && !isAsync(wrapper))) {
                connection.waits(state == SocketState.LONG);
            } else if (state == SocketState.CLOSED && connection.isLateWithHead()) {
                answerLate(wrapper);
            }
            return state;
        }

        private SocketState serve(SocketWrapperBase<NioChannel> wrapper, SocketEvent event) {
            return super.process(wrapper, event);
        }

        private static boolean isAsync(SocketWrapperBase<NioChannel> wrapper) {
            return wrapper.getCurrentProcessor() instanceof Processor processor && processor.isAsync();
        }

        @Override
        public void release(SocketWrapperBase<NioChannel> wrapper) {
            connections.closed(wrapper.getSocket().getIOChannel());
            super.release(wrapper);
        }
    }

    /// Tomcat answers nothing to a head that is cut off.
    private void answerLate(SocketWrapperBase<NioChannel> wrapper) {
        byte[] body = JsonErrorValve.problem(HttpStatus.REQUEST_TIMEOUT).getBytes(StandardCharsets.UTF_8);
        String head = """
                HTTP/1.1 408 \r
                Content-Type: application/problem+json\r
                Content-Length: %d\r
                Connection: close\r
                \r
                """.formatted(body.length);
        try {
            byte[] start = head.getBytes(StandardCharsets.US_ASCII);
            wrapper.write(true, start, 0, start.length);
            wrapper.write(true, body, 0, body.length);
            wrapper.flush(true);
        } catch (IOException gone) {
            getLog().debug("nobody reads that the request was late", gone);
        }
    }
}
