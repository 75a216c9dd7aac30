package dev.chatkeep.server;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;

/// The same thing many times, all begun at one moment.
final class AtOnce {

    private AtOnce() {}

    @FunctionalInterface
    interface Attempt<T> {
        T make(int i) throws Exception;
    }

    static <T> List<T> run(int count, Attempt<T> attempt) throws Exception {
        CyclicBarrier start = new CyclicBarrier(count);
        List<Callable<T>> calls = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            calls.add(() -> {
                start.await();
                return attempt.make(number);
            });
        }
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<T> results = new ArrayList<>();
            for (var result : threads.invokeAll(calls)) {
                results.add(result.get());
            }
            return results;
        }
    }
}
