package dev.chatkeep.server;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginLookup;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/// Ends the start when there is a setting under `chatkeep` that the server does not have, wherever it comes from: a
/// file, the command line, a system property, a variable of the environment. A server without the database, or with
/// the guests, that its operator believes to have set is worse than none.
final class UnknownSettings implements ApplicationContextInitializer<ConfigurableApplicationContext> {

    private static final String ROOT = "chatkeep";
    private static final String VARIABLE = "CHATKEEP_";

    /// What Kubernetes, as Docker once did, sets in every container for each service: of one called `chatkeep`,
    /// `CHATKEEP_SERVICE_HOST`, `CHATKEEP_PORT_8080_TCP_ADDR`, and so on.
    private static final Pattern SERVICE_LINK = Pattern.compile("CHATKEEP(?:_[A-Z0-9]+)*_(?:SERVICE_HOST"
            + "|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)");

    private static final Pattern SERVICE_PORT = Pattern.compile("(?:tcp|udp|sctp)://.*");

    /// Of this project's own tests, which start servers.
    private static final Set<String> TEST_VARIABLES = Set.of("CHATKEEP_TEST_POSTGRES", "CHATKEEP_OLDEST_POSTGRES");

    private static final KnownSettings KNOWN = new KnownSettings();

    @Override
    public void initialize(ConfigurableApplicationContext application) {
        check(application.getEnvironment());
    }

    /// @throws SettingsException that names all unknown settings, and the known ones that may be meant
    static void check(ConfigurableEnvironment environment) {
        var sentences = new LinkedHashSet<String>();
        for (PropertySource<?> source : environment.getPropertySources()) {
            if (source instanceof EnumerablePropertySource<?> names) {
                sentences.addAll(sentences(names));
            }
        }
        if (!sentences.isEmpty()) {
            throw new SettingsException(sentences.stream().sorted().collect(Collectors.joining("\n")), null);
        }
    }

    private static List<String> sentences(EnumerablePropertySource<?> source) {
        boolean isEnvironment = source instanceof SystemEnvironmentPropertySource;
        var sentences = new ArrayList<String>();
        for (String name : source.getPropertyNames()) {
            String value = String.valueOf(source.getProperty(name));
            if (isEnvironment && isVariable(name)) {
                if (isUnknownVariable(name.toUpperCase(Locale.ROOT), value)) {
                    sentences.add("There is no setting for the variable " + name + "."
                            + hint(KNOWN.nearest(name).map(KnownSettings::variable)));
                }
            } else if (isUnknown(name, value)) {
                sentences.add("There is no setting " + name + place(source, name) + "." + hint(KNOWN.nearest(name)));
            }
        }
        return sentences;
    }

    private static boolean isVariable(String name) {
        return !name.contains(".");
    }

    private static boolean isUnknownVariable(String variable, String value) {
        boolean isLink = SERVICE_LINK.matcher(variable).matches()
                || (variable.endsWith("_PORT") && SERVICE_PORT.matcher(value).matches());
        return variable.startsWith(VARIABLE)
                && !isLink
                && !TEST_VARIABLES.contains(variable)
                && !KNOWN.hasVariable(variable, value);
    }

    private static boolean isUnknown(String name, String value) {
        ConfigurationPropertyName parsed = ConfigurationPropertyName.adapt(name, '.');
        return !parsed.isEmpty()
                && parsed.getElement(0, Form.UNIFORM).equals(ROOT)
                && !KNOWN.hasProperty(uniform(parsed), value);
    }

    private static String uniform(ConfigurationPropertyName name) {
        StringBuilder uniform = new StringBuilder(ROOT);
        for (int i = 1; i < name.getNumberOfElements(); i++) {
            String element = name.getElement(i, Form.UNIFORM);
            uniform.append(name.isNumericIndex(i) ? "[" + element + "]" : "." + element);
        }
        return uniform.toString();
    }

    private static String place(PropertySource<?> source, String name) {
        Origin origin = OriginLookup.getOrigin(source, name);
        return origin == null ? "" : " (" + origin + ")";
    }

    private static String hint(Optional<String> nearest) {
        return nearest.map(name -> " Did you mean " + name + "?").orElse("");
    }
}
