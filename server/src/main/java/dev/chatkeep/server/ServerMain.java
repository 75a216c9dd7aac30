package dev.chatkeep.server;

import dev.chatkeep.web.WebConfiguration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration;
import org.springframework.boot.servlet.autoconfigure.HttpEncodingAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcObservationAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.error.ErrorMvcAutoConfiguration;
import org.springframework.context.annotation.Import;

/// Starts the server. What the framework refuses is left to [JsonErrorValve]: an error page of its own would
/// have another form.
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration(
        exclude = {
            UserDetailsServiceAutoConfiguration.class,
            ErrorMvcAutoConfiguration.class,
            // A filter each, for nothing: bodies are bytes here, and nobody observes requests.
            HttpEncodingAutoConfiguration.class,
            WebMvcObservationAutoConfiguration.class
        })
@EnableConfigurationProperties(Settings.class)
@Import({
    DatabaseConfiguration.class,
    ModelConfiguration.class,
    ServerConfiguration.class,
    WebConfiguration.class,
    ApiDocsController.class
})
public class ServerMain {

    /// Runs until the process is told to end.
    public static void main(String[] args) {
        SpringApplication.run(ServerMain.class, args);
    }
}
