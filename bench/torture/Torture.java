import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.Random;

/// Kills, cuts, floods and freezes Chatkeep servers while they answer, and then looks whether everything that was said
/// is there, once. `java bench/torture/Torture.java --help` says how.
public final class Torture {

    private static final String HELP = """
            java bench/torture/Torture.java [--command "java -jar server/target/chatkeep-server.jar"] [--kills 20]
                [--cuts 20] [--floods 5] [--seed N] [--port 18600] [--database URL --user U --password P] [--only NAME]

            Starts servers by the command (arguments are added to it), with a model of its own behind them, and one after
            the other:
              kills   kill -9 at a random moment while 8 chats are answered, then start again
              cuts    readers that hang up and go on, at random
              floods  one message 50 times at once; 100 readers and a slow one of one answer
              nodes   two servers on one database: read and stop on the other, kill one, freeze one. Needs --database, an
                      empty PostgreSQL database; without it the servers bring their own and this is left out
            Prints what held how often; the exit code is 0 if all did.
            """;

    private final Options options = new Options(
            Map.of("kills", "20", "cuts", "20", "floods", "5", "port", "18600"));
    private final Verdict verdict = new Verdict();

    public static void main(String[] arguments) throws Exception {
        System.exit(new Torture().run(arguments));
    }

    private int run(String[] arguments) throws Exception {
        if (!options.read(arguments)) {
            System.out.print(HELP);
            return 2;
        }
        long seed = options.has("seed") ? Long.parseLong(options.text("seed")) : System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Path data = Files.createTempDirectory("torture-data");
        try (Provider provider = new Provider();
                Node one = node(provider, data, 0)) {
            one.start();
            scenario("kills", () -> new Kills(one, provider, verdict, random).run(options.number("kills")));
            scenario("cuts", () -> new Cuts(one, verdict, random).run(options.number("cuts")));
            scenario("floods", () -> new Floods(one, verdict).run(options.number("floods")));
            if (options.has("database")) {
                scenario("nodes", () -> {
                    try (Node other = node(provider, data, 1)) {
                        new Nodes(one, other.start(), provider, verdict).run();
                    }
                });
            } else {
                System.out.println("nodes: left out, for it needs --database");
            }
        } finally {
            Node.delete(data);
        }
        return verdict.print();
    }

    @FunctionalInterface
    private interface Scenario {
        void run() throws Exception;
    }

    private void scenario(String name, Scenario scenario) throws Exception {
        if (!options.has("only") || options.text("only").equals(name)) {
            System.out.println(name);
            scenario.run();
        }
    }

    private Node node(Provider provider, Path data, int number) throws IOException {
        var command = new ArrayList<>(options.command());
        command.add("--chatkeep.openai.base-url=" + provider.url());
        command.add("--chatkeep.openai.api-key=none");
        command.add("--chatkeep.model=torture");
        command.add("--chatkeep.shutdown-patience=1s");
        if (options.has("database")) {
            command.add("--chatkeep.database.url=" + options.text("database"));
            command.add("--chatkeep.database.user=" + options.text("user"));
            command.add("--chatkeep.database.password=" + options.text("password"));
        } else {
            command.add("--chatkeep.data-dir=" + data);
        }
        return new Node(command, Map.of(), options.number("port") + number);
    }
}
