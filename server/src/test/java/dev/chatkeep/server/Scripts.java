package dev.chatkeep.server;

import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.Generator;
import dev.chatkeep.run.ModelEvent;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Models that say what a test wants.
final class Scripts {

    private Scripts() {}

    static final ModelEvent STOP = new ModelEvent.Finish(FinishReason.STOP, new ModelEvent.Usage(3, 5));

    /// Says these and ends.
    static Generator says(ModelEvent... events) {
        return (prompt, cancellation, sink) -> {
            for (ModelEvent event : events) {
                sink.accept(event);
            }
        };
    }

    static Generator saysText(String text) {
        return says(new ModelEvent.TextDelta(text), STOP);
    }

    /// Says "begun", waits until told to go on or cancelled, then says " ended".
    static Generator waitsFor(CountDownLatch goOn) {
        return waitsFor(goOn, "begun", " ended");
    }

    static Generator waitsFor(CountDownLatch goOn, String begun, String ended) {
        return (prompt, cancellation, sink) -> {
            sink.accept(new ModelEvent.TextDelta(begun));
            CountDownLatch wake = new CountDownLatch(1);
            cancellation.onCancel(wake::countDown);
            try {
                while (!goOn.await(20, TimeUnit.MILLISECONDS) && wake.getCount() > 0) {
                    // Waits for either.
                }
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                return;
            }
            if (wake.getCount() > 0) {
                sink.accept(new ModelEvent.TextDelta(ended));
                sink.accept(STOP);
            }
        };
    }
}
