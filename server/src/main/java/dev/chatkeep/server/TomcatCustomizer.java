package dev.chatkeep.server;

import java.util.ArrayList;
import java.util.List;
import org.apache.catalina.Valve;
import org.apache.catalina.valves.RemoteIpValve;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;

/// What Tomcat does differently here. Applied after the framework's own customizers, whose settings it sees.
final class TomcatCustomizer implements WebServerFactoryCustomizer<TomcatServletWebServerFactory>, Ordered {

    @Override
    public int getOrder() {
        return LOWEST_PRECEDENCE;
    }

    @Override
    public void customize(TomcatServletWebServerFactory factory) {
        List<Valve> valves = new ArrayList<>(factory.getEngineValves());
        if (valves.stream().anyMatch(RemoteIpValve.class::isInstance)) {
            valves.addFirst(new ForwardedHostValve());
        }
        factory.setEngineValves(valves);
    }
}
