import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/// What was checked how often, and what did not hold.
final class Verdict {

    private final Map<String, AtomicInteger> held = new LinkedHashMap<>();
    private final AtomicInteger broken = new AtomicInteger();

    synchronized void check(String claim, boolean holds, String otherwise) {
        if (holds) {
            held.computeIfAbsent(claim, any -> new AtomicInteger()).incrementAndGet();
        } else {
            broken.incrementAndGet();
            System.out.println("NOT TRUE: " + claim + ": " + otherwise);
        }
    }

    /// A figure to look at, not to pass or fail by.
    void tell(String figure) {
        System.out.println("  " + figure);
    }

    /// @return the exit code
    synchronized int print() {
        System.out.println();
        held.forEach((claim, times) -> System.out.printf("%6d times: %s%n", times.get(), claim));
        System.out.println(broken.get() == 0 ? "VERDICT: all of it held." : "VERDICT: " + broken + " times something did not hold.");
        return broken.get() == 0 ? 0 : 1;
    }
}
