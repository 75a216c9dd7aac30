package dev.chatkeep.server;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.run.Model;
import dev.chatkeep.run.Models;
import dev.chatkeep.token.Issuers;
import dev.chatkeep.web.ApiSecurity;
import dev.chatkeep.web.ApiSettings;
import dev.chatkeep.web.RateLimits;
import java.math.BigDecimal;
import java.util.List;
import java.util.Objects;
import org.apache.catalina.core.StandardHost;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.tomcat.TomcatConnectorCustomizer;
import org.springframework.boot.tomcat.TomcatContextCustomizer;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.observation.SecurityObservationSettings;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.firewall.RequestRejectedHandler;
import org.springframework.web.filter.RequestContextFilter;

/// What the server adds to the API: who may call it, how it ends, and what it says when it is ready.
@Configuration(proxyBeanMethods = false)
class ServerConfiguration {

    private static final int WRITE_BUFFER = 64 << 10;

    @Bean
    ApiSettings apiSettings(Settings settings, Models models) {
        List<BigDecimal> prices = models.list().stream()
                .map(Model::price)
                .filter(Objects::nonNull)
                .toList();
        return new ApiSettings(
                settings.guestsAllowed(),
                settings.auth().domains(),
                settings.issuers(),
                settings.admins(),
                settings.hosts(),
                settings.cors().origins(),
                settings.cors().headers(),
                new RateLimits(
                        settings.limits().perUser(),
                        settings.limits().perAddress(),
                        settings.limits().signIns(),
                        settings.limits().streams(),
                        settings.limits().guests()),
                settings.auth().cookie().checked(),
                settings.payments().checked(prices));
    }

    @Bean
    SecurityFilterChain apiSecurity(Chatkeep chatkeep, Issuers issuers, ApiSettings settings) {
        return ApiSecurity.chain(chatkeep, issuers, settings);
    }

    @Bean
    ReplyDrain replyDrain(Chatkeep chatkeep, Settings settings) {
        return new ReplyDrain(chatkeep.replies(), settings.shutdownPatience());
    }

    @Bean
    NodeHealthIndicator nodeHealth(Chatkeep chatkeep) {
        return new NodeHealthIndicator(chatkeep);
    }

    /// No observation of each security filter: it is a tenth of what a short request costs.
    @Bean
    SecurityObservationSettings securityObservations() {
        return SecurityObservationSettings.noObservations();
    }

    /// Answers a request whose path or method no route may see, such as a path with `;`.
    @Bean
    RequestRejectedHandler rejectedRequests() {
        return (request, response, rejection) -> ApiSecurity.refuse(request, response);
    }

    @Bean
    TomcatCustomizer tomcat(Settings settings, ServerProperties server) {
        return new TomcatCustomizer(settings.limits(), server.getForwardHeadersStrategy());
    }

    /// An answer of the usual size leaves in one piece; the default of 8 KB wakes its reader for each.
    @Bean
    TomcatConnectorCustomizer answersInOnePiece() {
        return connector -> connector.setProperty("socket.appWriteBufSize", Integer.toString(WRITE_BUFFER));
    }

    /// The dispatcher does what this filter does.
    @Bean
    FilterRegistrationBean<RequestContextFilter> noRequestContextFilter() {
        FilterRegistrationBean<RequestContextFilter> filter = new FilterRegistrationBean<>(new RequestContextFilter());
        filter.setEnabled(false);
        return filter;
    }

    /// A body is read by its route alone, whatever type it has: Tomcat takes one that looks like a form for
    /// parameters.
    @Bean
    TomcatConnectorCustomizer bodiesAreNoParameters() {
        return connector -> connector.setParseBodyMethods("");
    }

    @Bean
    TomcatContextCustomizer jsonErrors() {
        return context -> ((StandardHost) context.getParent()).setErrorReportValveClass(JsonErrorValve.class.getName());
    }

    @Bean
    ApplicationListener<ApplicationReadyEvent> greeting(
            ServletWebServerApplicationContext server, Settings settings, Models models) {
        return ready -> Greeting.lines(server, settings, models).forEach(Console::line);
    }
}
