import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/// Where a server's processor time goes, from the execution samples of a JFR recording: by the
/// area of the innermost frame that has one, by the method that was running, and by every method on the stack.
class Profile {

    /// Asked in this order for every frame, from the running method outwards.
    private static final Map<String, List<String>> AREAS = new LinkedHashMap<>();

    static {
        AREAS.put("JDBC driver", List.of("org.postgresql."));
        AREAS.put("connection pool", List.of("com.zaxxer.hikari."));
        AREAS.put("Spring JDBC and transactions", List.of("org.springframework.jdbc.", "org.springframework.transaction."));
        AREAS.put("JSON", List.of("tools.jackson.", "com.fasterxml.jackson."));
        AREAS.put("Spring Security", List.of("org.springframework.security."));
        AREAS.put("metrics and observation", List.of("io.micrometer."));
        AREAS.put("Chatkeep", List.of("dev.chatkeep."));
        AREAS.put("Spring MVC and the rest of Spring", List.of("org.springframework."));
        AREAS.put("Tomcat", List.of("org.apache."));
    }

    public static void main(String[] args) throws Exception {
        Map<String, Integer> areas = new TreeMap<>();
        Map<String, Integer> running = new HashMap<>();
        Map<String, Integer> onStack = new HashMap<>();
        int samples = 0;
        try (var recording = new RecordingFile(Path.of(args[0]))) {
            while (recording.hasMoreEvents()) {
                RecordedEvent event = recording.readEvent();
                String type = event.getEventType().getName();
                if (!type.equals("jdk.ExecutionSample") || event.getStackTrace() == null) {
                    continue;
                }
                List<RecordedFrame> frames = event.getStackTrace().getFrames();
                samples++;
                areas.merge(area(frames), 1, Integer::sum);
                running.merge(name(frames.getFirst()), 1, Integer::sum);
                frames.stream().map(Profile::name).distinct().forEach(name -> onStack.merge(name, 1, Integer::sum));
            }
        }
        System.out.println(samples + " samples");
        print("By area", areas, samples, 20);
        print("Running", running, samples, 25);
        print("On the stack", onStack, samples, 110);
    }

    private static String area(List<RecordedFrame> frames) {
        for (RecordedFrame frame : frames) {
            String type = frame.getMethod().getType().getName();
            for (var area : AREAS.entrySet()) {
                if (area.getValue().stream().anyMatch(type::startsWith)) {
                    return area.getKey();
                }
            }
        }
        return "JDK alone (scheduler, sockets)";
    }

    private static String name(RecordedFrame frame) {
        return frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
    }

    private static void print(String title, Map<String, Integer> counts, int samples, int rows) {
        System.out.println("\n" + title);
        counts.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .limit(rows)
                .forEach(row -> System.out.printf("%6.1f %%  %s%n", 100.0 * row.getValue() / samples, row.getKey()));
    }
}
