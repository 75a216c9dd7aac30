import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What it costs to write many answers at once, beside a relay that only passes bytes on, and how many are too many.
/// `java bench/torture/Streams.java --help` says how.
public final class Streams {

    private static final String HELP = """
            java bench/torture/Streams.java [--command "java -jar server/target/chatkeep-server.jar"]
                [--streams 10,100,500] [--seconds 10] [--find 4000] [--port 18700]

            Starts a server, with its own PostgreSQL and a model that says 20 tokens a second to each that asks. Prints a
            row for each number of streams, of the server and of a bare relay; then, with --find, looks for the highest
            number up to that at which no reader gets a token more than a second later than the model was to say it. Model,
            readers, server and PostgreSQL share this machine. Linux only; needs psql for the statements.
            """;

    private static final int BISECTIONS = 4;
    private static final long BEHIND_NANOS = 1_000_000_000L;

    private final Options options = new Options(
            Map.of("streams", "10,100,500", "seconds", "10", "find", "0", "port", "18700"));

    public static void main(String[] arguments) throws Exception {
        System.exit(new Streams().run(arguments));
    }

    private int run(String[] arguments) throws Exception {
        if (!options.read(arguments)) {
            System.out.print(HELP);
            return 2;
        }
        int port = options.number("port");
        Path data = Files.createTempDirectory("streams-data");
        try (Metronome model = new Metronome()) {
            var command = new ArrayList<>(options.command());
            command.add("--chatkeep.openai.base-url=" + model.url());
            command.add("--chatkeep.openai.api-key=none");
            command.add("--chatkeep.model=metronome");
            command.add("--chatkeep.data-dir=" + data);
            try (Node server = new Node(command, Map.of(), port);
                    Node relay = new Node(relayCommand(model), Map.of(), port + 1)) {
                Usage ofServer = new Usage(server.start().pid(), data);
                Usage ofRelay = new Usage(relay.start().pid(), null);
                measure(model, server, 100, ofServer);
                System.out.println(Row.HEAD);
                for (String streams : options.text("streams").split(",")) {
                    int count = Integer.parseInt(streams);
                    System.out.println(measure(model, relay, count, ofRelay).line("relay"));
                    System.out.println(measure(model, server, count, ofServer).line("chatkeep"));
                }
                find(model, server, ofServer);
            }
        } finally {
            Node.delete(data);
        }
        return 0;
    }

    private static List<String> relayCommand(Metronome model) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                Path.of(System.getProperty("jdk.launcher.sourcefile", "bench/torture/Streams.java"))
                        .resolveSibling("Relay.java")
                        .toString(),
                Integer.toString(model.port()));
    }

    private void find(Metronome model, Node server, Usage usage) throws Exception {
        int most = options.number("find");
        if (most == 0) {
            return;
        }
        int good = 0;
        int bad = most + 1;
        for (int count = Math.min(1_000, most); good < most && bad > most; count = Math.min(2 * count, most)) {
            if (keepsUp(model, server, count, usage)) {
                good = count;
            } else {
                bad = count;
            }
        }
        for (int i = 0; i < BISECTIONS && bad <= most; i++) {
            int count = (good + bad) / 2;
            if (keepsUp(model, server, count, usage)) {
                good = count;
            } else {
                bad = count;
            }
        }
        System.out.println("Highest number of streams that kept up: " + good);
    }

    private boolean keepsUp(Metronome model, Node server, int count, Usage usage) throws Exception {
        Row row = measure(model, server, count, usage);
        System.out.println(row.line("chatkeep"));
        return row.unfinished() == 0 && row.latest() < BEHIND_NANOS;
    }

    private Row measure(Metronome model, Node node, int count, Usage usage) throws Exception {
        try (Crowd crowd = new Crowd(node.url(), count)) {
            model.begin();
            crowd.start();
            Thread.sleep(2_000);
            Usage.Sample before = usage.sample();
            crowd.measure(true);
            Thread.sleep(Duration.ofSeconds(options.number("seconds")));
            crowd.measure(false);
            Usage.Sample after = usage.sample();
            model.end();
            int unfinished = crowd.awaitEnd();
            return Row.of(count, crowd, before, after, unfinished);
        }
    }

    /// What was seen of so many streams.
    ///
    /// @param latest how long after the model was to say it the latest token was read, in nanoseconds
    private record Row(
            int streams, double tokens, double statements, double server, double postgres, long median, long p99,
            long latest, int unfinished) {

        static final String HEAD =
                "| of | streams | tokens/s | SQL transactions/s | server us/token | PostgreSQL us/token | behind, ms: p50 | p99 | most | broken off |\n"
                        + "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

        static Row of(int streams, Crowd crowd, Usage.Sample before, Usage.Sample after, int unfinished) {
            double seconds = (after.nanos() - before.nanos()) / 1e9;
            long[] delays = crowd.delays();
            double tokens = Math.max(1, delays.length);
            return new Row(
                    streams,
                    delays.length / seconds,
                    (after.transactions() - before.transactions()) / seconds,
                    (after.serverMicros() - before.serverMicros()) / tokens,
                    (after.postgresMicros() - before.postgresMicros()) / tokens,
                    delays[delays.length / 2],
                    delays[(int) (delays.length * .99)],
                    delays[delays.length - 1],
                    unfinished);
        }

        String line(String of) {
            return "| %s | %d | %.0f | %.1f | %.1f | %.1f | %d | %d | %d | %d |".formatted(
                    of, streams, tokens, statements, server, postgres,
                    median / 1_000_000, p99 / 1_000_000, latest / 1_000_000, unfinished);
        }
    }
}
