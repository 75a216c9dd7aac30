import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What is said on the command line, as `--name value`.
final class Options {

    private final Map<String, String> values;

    /// @param unless what holds where nothing else is said
    Options(Map<String, String> unless) {
        this.values = new HashMap<>(unless);
        values.putIfAbsent("command", "java --enable-native-access=ALL-UNNAMED -jar server/target/chatkeep-server.jar");
    }

    /// @return false when that is not what the arguments are, or help is asked for
    boolean read(String[] arguments) {
        for (int i = 0; i < arguments.length; i += 2) {
            if (arguments[i].equals("--help") || i + 1 == arguments.length || !arguments[i].startsWith("--")) {
                return false;
            }
            values.put(arguments[i].substring(2), arguments[i + 1]);
        }
        return true;
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    String text(String name) {
        return values.get(name);
    }

    int number(String name) {
        return Integer.parseInt(values.get(name));
    }

    /// How a server is started.
    List<String> command() {
        return List.of(values.get("command").split(" "));
    }
}
