package dev.chatkeep.postgres;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the server running: one that ends before [#close()] is started again, at once and then after growing
/// pauses ([Backoff]), for as long as it takes. It gives up only if the data cannot be opened any more.
///
/// Thread-safe.
final class Supervisor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);

    /// SQLSTATE: the connection cannot be established.
    private static final String NO_CONNECTION = "08001";

    private final Restart restart;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private Postmaster postmaster;
    private State state = State.RUNNING;
    private @Nullable String refusal;

    private enum State {
        RUNNING,
        DOWN,
        REFUSED,
        CLOSED
    }

    private Supervisor(Postmaster running, Restart restart) {
        this.postmaster = running;
        this.restart = restart;
        this.thread = Thread.ofPlatform()
                .daemon()
                .name("chatkeep-postgres-supervisor")
                .unstarted(this::supervise);
    }

    static Supervisor of(Postmaster running, Restart restart) {
        var supervisor = new Supervisor(running, restart);
        supervisor.thread.start();
        return supervisor;
    }

    /// The server as it runs, or as it ran last.
    Postmaster newest() {
        lock.lock();
        try {
            return postmaster;
        } finally {
            lock.unlock();
        }
    }

    /// The running server; one that is being started again is waited for. Nobody else can listen on its port,
    /// so it may be told the password.
    ///
    /// @throws SQLException if it does not run within `timeout`, or never again
    Postmaster awaitRunning(Duration timeout) throws SQLException {
        long left = timeout.toNanos();
        lock.lock();
        try {
            while (state == State.DOWN
                    || (state == State.RUNNING && !postmaster.process().isAlive())) {
                if (left <= 0) {
                    throw new SQLTransientConnectionException(
                            "PostgreSQL ended by itself and is being started again.", NO_CONNECTION);
                }
                left = changed.awaitNanos(left);
            }
            return switch (state) {
                case RUNNING, DOWN -> postmaster;
                case REFUSED -> throw new SQLNonTransientConnectionException(refusal, NO_CONNECTION);
                case CLOSED -> throw new SQLNonTransientConnectionException("PostgreSQL was stopped.", NO_CONNECTION);
            };
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new SQLTransientConnectionException("Interrupted while waiting for PostgreSQL.", NO_CONNECTION);
        } finally {
            lock.unlock();
        }
    }

    private void supervise() {
        var backoff = new Backoff();
        try {
            while (become(State.RUNNING)) {
                long started = System.nanoTime();
                int exitCode = newest().process().waitFor();
                backoff.ran(Duration.ofNanos(System.nanoTime() - started));
                if (!become(State.DOWN)) {
                    return;
                }
                startAgain("PostgreSQL ended by itself (exit code " + exitCode + ").", backoff);
            }
        } catch (InterruptedException closed) {
            LOG.debug("PostgreSQL is no longer watched");
        }
    }

    /// Returns when the server runs, or will not run any more.
    private void startAgain(String ended, Backoff backoff) throws InterruptedException {
        long since = System.nanoTime();
        int port = newest().port();
        String happened = ended;
        while (true) {
            Duration pause = backoff.next();
            try {
                LOG.error("{} It is started again {}. See {}.", happened, in(pause), log());
                Thread.sleep(pause);
                newest().endOrphans();
                if (isRefused()) {
                    return;
                }
                runs(restart.start(port));
                Duration away = Duration.ofNanos(System.nanoTime() - since);
                LOG.info("PostgreSQL accepts connections again, after {}{}", seconds(away), portIfNew(port));
                return;
            } catch (InterruptedException closed) {
                throw closed;
            } catch (Throwable failure) {
                // Whatever it is, such as a lack of memory or of files, it may pass.
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                happened = "PostgreSQL could not be started again: " + reason(failure);
            }
        }
    }

    private Path log() {
        return restart.data().log();
    }

    private boolean isRefused() throws IOException {
        try {
            restart.requireData();
            return false;
        } catch (EmbeddedPostgresException unusable) {
            LOG.error(
                    "PostgreSQL is not started again. {} Mend this, then start this program again.",
                    unusable.getMessage());
            refusal = unusable.getMessage();
            become(State.REFUSED);
            return true;
        }
    }

    private static String reason(Throwable failure) {
        return failure instanceof EmbeddedPostgresException known ? known.summary() : failure + ".";
    }

    private static String in(Duration pause) {
        return pause.isZero() ? "now" : "in " + seconds(pause);
    }

    private static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1_000.0);
    }

    private String portIfNew(int port) {
        int now = newest().port();
        return now == port ? "" : ", on port " + now + ", since " + port + " was taken";
    }

    private void runs(Postmaster started) {
        lock.lock();
        try {
            postmaster = started;
            become(State.RUNNING);
        } finally {
            lock.unlock();
        }
    }

    /// False, and nothing changes, if there is nothing to supervise any more.
    private boolean become(State next) {
        lock.lock();
        try {
            if (state == State.CLOSED || state == State.REFUSED) {
                return false;
            }
            state = next;
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// Stops the server, also one that is just being started. Returns when nothing of it is left.
    @Override
    public void close() {
        lock.lock();
        try {
            state = State.CLOSED;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        thread.interrupt();
        join();
        newest().stop();
    }

    private void join() {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
