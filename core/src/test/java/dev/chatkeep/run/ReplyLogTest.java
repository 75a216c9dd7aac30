package dev.chatkeep.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ReplyLogTest {

    private static final Duration LONG = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(60);

    private final ReplyLog log = new ReplyLog(after -> List.of());

    private void write(String delta) {
        log.append(new RunEvent.TextDelta("t", delta));
    }

    private static String chunk(String delta) {
        return new RunEvent.TextDelta("t", delta).toJson();
    }

    private static List<String> chunks(ReplyLog.Next next) {
        return next instanceof ReplyLog.Next.Chunks(List<byte[]> json)
                ? json.stream()
                        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                        .toList()
                : List.of(next.toString());
    }

    private static List<String> readAll(ReplyLog.Reader reader) throws InterruptedException {
        List<String> all = new ArrayList<>();
        while (reader.next(LONG) instanceof ReplyLog.Next.Chunks chunks) {
            all.addAll(chunks(chunks));
        }
        return all;
    }

    @Test
    void aReaderThatComesLateReadsEverything() throws InterruptedException {
        write("a");
        write("\u6f22");
        ReplyLog.Reader late = log.reader();
        write("c");
        assertThat(chunks(late.next(SHORT))).containsExactly(chunk("a"), chunk("\u6f22"), chunk("c"));
        log.close();
        assertThat(late.next(SHORT)).isInstanceOf(ReplyLog.Next.End.class);
        ReplyLog.Reader afterTheEnd = log.reader();
        assertThat(chunks(afterTheEnd.next(SHORT))).containsExactly(chunk("a"), chunk("\u6f22"), chunk("c"));
        assertThat(afterTheEnd.next(SHORT)).isInstanceOf(ReplyLog.Next.End.class);
        assertThat(afterTheEnd.next(SHORT)).isInstanceOf(ReplyLog.Next.End.class);
    }

    @Test
    void twoReadersGoAtTheirOwnPace() throws InterruptedException {
        ReplyLog.Reader fast = log.reader();
        ReplyLog.Reader slow = log.reader();
        write("a");
        assertThat(chunks(fast.next(SHORT))).containsExactly(chunk("a"));
        write("b");
        assertThat(chunks(fast.next(SHORT))).containsExactly(chunk("b"));
        write("c");
        assertThat(chunks(slow.next(SHORT))).containsExactly(chunk("a"), chunk("b"), chunk("c"));
        assertThat(chunks(fast.next(SHORT))).containsExactly(chunk("c"));
    }

    @Test
    void silenceIsToldAfterThePatienceAndLosesNothing() throws InterruptedException {
        ReplyLog.Reader reader = log.reader();
        long before = System.nanoTime();
        assertThat(reader.next(SHORT)).isInstanceOf(ReplyLog.Next.Silence.class);
        assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(SHORT.toNanos());
        assertThat(reader.next(Duration.ZERO)).isInstanceOf(ReplyLog.Next.Silence.class);
        write("a");
        assertThat(chunks(reader.next(Duration.ZERO))).containsExactly(chunk("a"));
    }

    @Test
    void aReaderThatWaitsIsWokenByAChunkAndByTheEnd()
            throws InterruptedException, ExecutionException, TimeoutException {
        try (var readers = Executors.newVirtualThreadPerTaskExecutor()) {
            ReplyLog.Reader reader = log.reader();
            var chunk = readers.submit(() -> reader.next(LONG));
            Thread.sleep(SHORT);
            write("a");
            assertThat(chunks(chunk.get(2, TimeUnit.SECONDS))).containsExactly(chunk("a"));
            var end = readers.submit(() -> reader.next(LONG));
            Thread.sleep(SHORT);
            log.close();
            assertThat(end.get(2, TimeUnit.SECONDS)).isInstanceOf(ReplyLog.Next.End.class);
        }
    }

    @Test
    void whatWasWrittenBeforeTheEndIsReadBeforeIt() throws InterruptedException {
        ReplyLog.Reader reader = log.reader();
        write("a");
        log.close();
        assertThat(chunks(reader.next(LONG))).containsExactly(chunk("a"));
        assertThat(reader.next(LONG)).isInstanceOf(ReplyLog.Next.End.class);
    }

    @Test
    void aWriterDoesNotWaitForReadersThatNeverRead() {
        for (int i = 0; i < 100; i++) {
            log.reader();
        }
        var writer = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 100_000; i++) {
                write("x");
            }
            log.close();
        });
        assertThat(writer).succeedsWithin(Duration.ofSeconds(10));
    }

    /// On another node the log follows the database, and is behind what a reader found there.
    @Test
    void aReaderThatIsAheadOfTheMemoryWaitsForIt() throws InterruptedException {
        var stored = new ArrayList<byte[]>();
        byte[] large = "x".repeat(ReplyLog.WINDOW_BYTES).getBytes(StandardCharsets.UTF_8);
        ReplyLog mirror = new ReplyLog(after -> stored.subList(after, stored.size()));
        ReplyLog.Reader reader = mirror.reader();
        for (int i = 0; i < 5; i++) {
            stored.add(large);
        }
        for (int i = 1; i <= 3; i++) {
            mirror.append(large);
            mirror.flushed(i);
        }

        assertThat(chunks(reader.next(SHORT))).hasSize(5);
        assertThat(reader.next(SHORT)).isInstanceOf(ReplyLog.Next.Silence.class);
        mirror.append(large);
        mirror.append(large);
        mirror.append("end".getBytes(StandardCharsets.UTF_8));
        assertThat(chunks(reader.next(SHORT))).containsExactly("end");
        mirror.close();
        assertThat(reader.next(SHORT)).isInstanceOf(ReplyLog.Next.End.class);
    }

    /// What is in the database does not stay in memory, however far behind a reader is.
    @Test
    void aReaderThatFellBehindReadsOnFromTheDatabase() throws InterruptedException {
        var stored = new ArrayList<byte[]>();
        var lookedUp = new ArrayList<Integer>();
        ReplyLog flushing = new ReplyLog(after -> {
            lookedUp.add(after);
            return stored.subList(after, Math.min(stored.size(), after + 100));
        });
        ReplyLog.Reader slow = flushing.reader();
        byte[] kibibyte = "x".repeat(1 << 10).getBytes(StandardCharsets.UTF_8);
        for (int i = 1; i <= 10_000; i++) {
            flushing.append(kibibyte);
            stored.add(kibibyte);
            flushing.flushed(i);
        }
        flushing.close();

        int read = 0;
        while (slow.next(LONG) instanceof ReplyLog.Next.Chunks(List<byte[]> chunks)) {
            read += chunks.size();
        }

        assertThat(read).isEqualTo(10_000);
        int inMemory = 10_000 - lookedUp.size() * 100;
        assertThat(inMemory * 1_024).isBetween(0, ReplyLog.WINDOW_BYTES);
    }

    @Test
    void aReaderIsToldWhenWhatItHasNotReadIsGone() throws InterruptedException {
        ReplyLog gone = new ReplyLog(after -> List.of());
        ReplyLog.Reader slow = gone.reader();
        for (int i = 1; i <= 3; i++) {
            gone.append(new byte[ReplyLog.WINDOW_BYTES]);
            gone.flushed(i);
        }

        assertThat(slow.next(LONG)).isInstanceOf(ReplyLog.Next.Lost.class);
    }

    @Test
    void everyReaderBesideABusyWriterReadsTheSameInTheSameOrder() throws Exception {
        List<String> said =
                IntStream.range(0, 20_000).mapToObj(i -> chunk("n" + i)).toList();
        try (var readers = Executors.newVirtualThreadPerTaskExecutor()) {
            var reads = IntStream.range(0, 8)
                    .mapToObj(i -> readers.submit(() -> readAll(log.reader())))
                    .toList();
            for (int i = 0; i < said.size(); i++) {
                write("n" + i);
            }
            log.close();
            for (var read : reads) {
                assertThat(read.get()).isEqualTo(said);
            }
        }
    }
}
