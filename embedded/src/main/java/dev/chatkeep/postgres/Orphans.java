package dev.chatkeep.postgres;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/// The processes that a killed postmaster of ours leaves behind. They hold its shared memory, and while one of
/// them does, PostgreSQL refuses to start on the cluster. Each ends as soon as it sees that the postmaster is
/// gone; one that cannot see it (stopped, or in a long computation) is killed, which loses nothing that was
/// committed.
record Orphans(ClusterProcesses processes, long postmaster) {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final Duration KILL_TIMEOUT = Duration.ofSeconds(5);

    /// Returns when none is left, without waiting for them if this thread is interrupted.
    void end() throws IOException {
        if (!isNamedByPidFile()) {
            return;
        }
        for (Instant limit = Instant.now().plus(TIMEOUT); Instant.now().isBefore(limit) && Pause.tryBrief(); ) {
            if (processes.running().isEmpty()) {
                return;
            }
        }
        kill(processes.running());
    }

    /// After an orderly end the file is gone, and so are all processes. As long as it names our postmaster, no
    /// other one was started on the cluster, so its processes are that one's.
    private boolean isNamedByPidFile() throws IOException {
        List<String> state = Postmaster.state(processes.cluster());
        return !state.isEmpty() && state.getFirst().strip().equals(Long.toString(postmaster));
    }

    private static void kill(List<ProcessHandle> left) {
        left.forEach(ProcessHandle::destroyForcibly);
        try {
            CompletableFuture.allOf(left.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
                    .orTimeout(KILL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException stuck) {
            // In the kernel, which lets go of them when the disk answers; until then PostgreSQL refuses to start.
        }
    }
}
