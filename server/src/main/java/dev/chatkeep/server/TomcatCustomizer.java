package dev.chatkeep.server;

import java.util.ArrayList;
import java.util.List;
import org.apache.catalina.Valve;
import org.apache.catalina.valves.RemoteIpValve;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.tomcat.TomcatProtocolHandlerCustomizer;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.core.Ordered;

/// What Tomcat does differently here. Applied after the framework's own customizers, whose settings it sees.
final class TomcatCustomizer implements WebServerFactoryCustomizer<TomcatServletWebServerFactory>, Ordered {

    /// What a network address may have at once.
    private static final int MAX_CONNECTIONS = 1024;

    private final Settings.Limits limits;
    private final boolean isForwarded;

    /// @param forwarded how addresses that a proxy tells are believed, if they are
    TomcatCustomizer(Settings.Limits limits, ServerProperties.@Nullable ForwardHeadersStrategy forwarded) {
        this.limits = limits;
        this.isForwarded = forwarded == ServerProperties.ForwardHeadersStrategy.FRAMEWORK;
    }

    @Override
    public int getOrder() {
        return LOWEST_PRECEDENCE;
    }

    @Override
    public void customize(TomcatServletWebServerFactory factory) {
        List<Valve> valves = new ArrayList<>(factory.getEngineValves());
        boolean isNative = valves.stream().anyMatch(RemoteIpValve.class::isInstance);
        if (isNative) {
            valves.addFirst(new ForwardedHostValve());
        }
        valves.addFirst(new RequestClockValve());
        factory.setEngineValves(valves);
        factory.setProtocol(GuardedProtocol.class.getName());
        TomcatProtocolHandlerCustomizer<GuardedProtocol> guarded =
                protocol -> protocol.limit(connections(isNative || isForwarded));
        factory.addProtocolHandlerCustomizers(guarded);
    }

    /// @param behindProxy whether all connections come from a proxy
    private ConnectionLimits connections(boolean behindProxy) {
        Integer most = limits.connections();
        int usual = behindProxy ? 0 : MAX_CONNECTIONS;
        return new ConnectionLimits(most == null ? usual : most, limits.requestTimeout(), limits.bodyTimeout());
    }
}
