package dev.chatkeep.server;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.util.Locale;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.tomcat.util.http.MimeHeaders;
import org.apache.tomcat.util.http.parser.Host;
import org.jspecify.annotations.Nullable;

/// Completes what a proxy says of the address a page was loaded from, before Tomcat's `RemoteIpValve` decides whether
/// that proxy is believed. That valve drops a port in `X-Forwarded-Host`, reads `X-Forwarded-Port` only beside
/// `X-Forwarded-Proto`, and takes no list for a host or a port; a page behind a development server on port 3000 was
/// then one of another origin. Of a list the first counts, which is what the browser asked for.
final class ForwardedHostValve extends ValveBase {

    private static final String HOST = "X-Forwarded-Host";
    private static final String PORT = "X-Forwarded-Port";
    private static final String PROTOCOL = "X-Forwarded-Proto";

    ForwardedHostValve() {
        super(true);
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        String host = first(request, HOST);
        String port = first(request, PORT);
        String protocol = first(request, PROTOCOL);
        if (host != null || port != null || protocol != null) {
            MimeHeaders headers = request.getCoyoteRequest().getMimeHeaders();
            set(headers, HOST, host == null ? null : host.toLowerCase(Locale.ROOT));
            set(headers, PORT, port(host, request.getHeader("Host"), port));
            set(headers, PROTOCOL, protocol == null ? request.getScheme() : protocol);
        }
        getNext().invoke(request, response);
    }

    /// The port in the host that counts wins over `X-Forwarded-Port`: proxies derive that one from it, and some
    /// wrongly from an IPv6 address. A port in `Host` counts only where the proxy says nothing else.
    private static @Nullable String port(@Nullable String forwardedHost, @Nullable String host, @Nullable String port) {
        String own = forwardedHost == null ? null : port(forwardedHost);
        if (own != null) {
            return own;
        }
        return port == null && forwardedHost == null && host != null ? port(host) : port;
    }

    private static @Nullable String port(String host) {
        try {
            int colon = Host.parse(host);
            return colon < 0 ? null : host.substring(colon + 1);
        } catch (IllegalArgumentException noHost) {
            return null;
        }
    }

    private static @Nullable String first(Request request, String header) {
        String value = request.getHeader(header);
        return value == null ? null : value.split(",", 2)[0].strip();
    }

    private static void set(MimeHeaders headers, String header, @Nullable String value) {
        if (value != null) {
            headers.setValue(header).setString(value);
        }
    }
}
