package dev.chatkeep.server;

import dev.chatkeep.web.RequestClock;
import jakarta.servlet.ServletException;
import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;

/// Tells a connection that a request's head is there, and the API how to tell it more.
final class RequestClockValve extends ValveBase {

    RequestClockValve() {
        super(true);
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        ClientConnection connection = GuardedProtocol.current();
        if (connection != null) {
            connection.headRead(bodyFollows(request));
            request.setAttribute(RequestClock.ATTRIBUTE, connection);
        }
        getNext().invoke(request, response);
    }

    /// As the head says it: whoever asks Tomcat for the length of one that is no number finds an exception.
    private static boolean bodyFollows(Request request) {
        String length = request.getHeader("Content-Length");
        return (length != null && !length.equals("0")) || request.getHeader("Transfer-Encoding") != null;
    }
}
