package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Forbidden;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.springframework.web.filter.OncePerRequestFilter;

/// Refuses a `Host` that is not this server's, where anyone may sign in as a guest: a web page whose name was
/// made to point here (DNS rebinding) would otherwise be of the same origin as this server. A literal address
/// cannot be made to point anywhere.
final class HostCheck extends OncePerRequestFilter {

    private static final Pattern LITERAL = Pattern.compile("[0-9.]+|\\[[0-9a-f:.]+]|[0-9a-f:.]*:[0-9a-f:.]*");

    private static final Pattern PORT = Pattern.compile(":\\d+$");
    private static final String REFUSAL = "This host name is not allowed. Add it to chatkeep.hosts.";

    private final List<String> names;

    /// @param names of this server, beside `localhost`; a port behind one is of no account
    HostCheck(List<String> names) {
        this.names = names.stream()
                .map(name -> normal(PORT.matcher(name).replaceFirst("")))
                .toList();
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String host = normal(request.getServerName());
        if (host.equals("localhost") || isLiteral(host) || names.contains(host)) {
            chain.doFilter(request, response);
        } else {
            Problems.write(response, new Forbidden("host_not_allowed", REFUSAL));
        }
    }

    /// In lower case, and without the dot that ends an absolute name.
    private static String normal(String name) {
        String lower = name.strip().toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    private static boolean isLiteral(String host) {
        return LITERAL.matcher(host).matches();
    }
}
