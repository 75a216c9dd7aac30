package dev.chatkeep.server;

import dev.chatkeep.run.Model;
import dev.chatkeep.run.Models;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.core.env.Environment;

/// What the server says when it is ready: where it is, where the data is, which model answers, what to do next.
final class Greeting {

    private Greeting() {}

    static List<String> lines(ServletWebServerApplicationContext server, Settings settings, Models models) {
        Environment environment = server.getEnvironment();
        String host = environment.getProperty("server.address", "127.0.0.1");
        var web = server.getWebServer();
        String address = "http://" + (host.equals("0.0.0.0") ? "127.0.0.1" : host) + ":"
                + (web == null ? environment.getProperty("server.port") : web.getPort());
        var lines = new ArrayList<String>();
        lines.add("");
        lines.add("Chatkeep is serving at " + address);
        lines.add("  data   " + data(settings));
        lines.add("  model  " + model(settings, models.preferred()));
        lines.add("");
        lines.add(
                settings.guestsAllowed()
                        ? "Next, sign in as a guest:"
                        : "Guests are off, and there is no other sign-in yet: CHATKEEP_AUTH_GUEST_ENABLED=true lets them in.");
        if (settings.guestsAllowed()) {
            lines.add("  curl -X POST " + address + "/api/auth/guest");
            lines.add("and point useChat, or curl as in README.md, at " + address + "/api/chat");
        }
        lines.add("");
        return lines;
    }

    private static String data(Settings settings) {
        return settings.database().isEmbedded()
                ? settings.dataDir().toAbsolutePath().normalize() + " (PostgreSQL runs inside)"
                : "in the database CHATKEEP_DATABASE_URL names";
    }

    private static String model(Settings settings, Model model) {
        return model.provider().equals(ModelConfiguration.DEMO)
                        && settings.models().isEmpty()
                ? model.id() + " (no key, no network; set OPENAI_API_KEY for a real one)"
                : model.id() + " (" + model.provider() + ")";
    }
}
