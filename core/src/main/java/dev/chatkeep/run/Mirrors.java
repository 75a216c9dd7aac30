package dev.chatkeep.run;

import dev.chatkeep.ChatkeepException;
import dev.chatkeep.db.SqlErrors;
import dev.chatkeep.deadline.Loop;
import dev.chatkeep.message.Messages;
import dev.chatkeep.message.Status;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers that other nodes write and somebody reads here. Each is read from the database once for all its
/// readers, and all of them in one statement, when the writing node says that there is more, and from time to
/// time without.
final class Mirrors implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Mirrors.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(250);
    private static final Duration IDLE = Duration.ofSeconds(10);

    /// Longer than a reader waits for more before it asks again.
    private static final Duration KEPT_UNREAD = Duration.ofSeconds(60);

    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);
    private static final String TOO_SLOW = "You read too slowly. Load the chat again.";
    private static final String SHUTTING_DOWN = "This server is shutting down. Load the chat again.";

    private final RunLog runLog;
    private final Messages messages;
    private final Map<UUID, Mirror> mirrors = new ConcurrentHashMap<>();
    private final Loop loop;
    private volatile boolean closed;

    Mirrors(RunLog runLog, Messages messages) {
        this.runLog = runLog;
        this.messages = messages;
        this.loop = Loop.start("run-mirrors", Duration.ZERO, this::live);
    }

    private final class Mirror {
        private final Run run;
        private final LiveAnswer answer;
        private int known;
        private volatile long readUntil = System.nanoTime();

        Mirror(Run run) {
            this.run = run;
            this.answer = new LiveAnswer(after -> runLog.behind(run, after));
        }

        /// Goes on with what was read; true when it is all.
        boolean goOn(RunLog.Progress progress) {
            for (byte[] chunk : progress.chunks()) {
                answer.say(RunEvent.of(new String(chunk, StandardCharsets.UTF_8)));
            }
            known += progress.chunks().size();
            // What came from the database need not be kept for it.
            answer.log().flushed(known);
            if (progress.status() == Status.STREAMING || !progress.isAll()) {
                return false;
            }
            Replay.end(messages.at(run.userId(), run.chatId(), run.branch(), run.pos()))
                    .forEach(answer::say);
            answer.log().close();
            return true;
        }

        /// Its readers have to look for it anew.
        void giveUp(String why) {
            answer.say(new RunEvent.Failure(why));
            answer.log().close();
        }

        void isRead() {
            readUntil = System.nanoTime();
        }

        boolean isUnread() {
            return System.nanoTime() - readUntil > KEPT_UNREAD.toNanos();
        }
    }

    /// A reader of this run: what was said until now, then what is said. It has to be told that it is still
    /// read.
    ReplyLog.Reader follow(Run run) {
        Mirror mirror = mirrors.compute(run.id(), (id, there) -> {
            Mirror read = there == null ? new Mirror(run) : there;
            read.isRead();
            return read;
        });
        if (closed) {
            throw new ChatkeepException.Unavailable("busy", "This server is shutting down.", RETRY_AFTER);
        }
        wake();
        return mirror.answer.follow(mirror::isRead);
    }

    /// A run has more to read.
    void more(UUID run) {
        if (mirrors.containsKey(run)) {
            wake();
        }
    }

    private void wake() {
        loop.wake();
    }

    private Duration live() {
        try {
            look();
        } catch (RuntimeException away) {
            LOG.warn("answers of other nodes cannot be read right now: {}", away.getMessage());
        }
        return mirrors.isEmpty() ? IDLE : LOOK_EVERY;
    }

    private void look() {
        mirrors.keySet().forEach(this::dropUnread);
        boolean isMore = true;
        while (isMore && !mirrors.isEmpty()) {
            var known = new HashMap<Run, Integer>();
            mirrors.values().forEach(mirror -> known.put(mirror.run, mirror.known));
            isMore = false;
            for (var progress : runLog.progress(known).entrySet()) {
                Mirror mirror = mirrors.get(progress.getKey());
                isMore |= !progress.getValue().isAll();
                if (mirror != null && isAtEnd(mirror, progress.getValue())) {
                    mirrors.remove(progress.getKey());
                }
            }
        }
    }

    private void dropUnread(UUID run) {
        mirrors.computeIfPresent(run, (id, mirror) -> {
            if (!mirror.isUnread()) {
                return mirror;
            }
            mirror.giveUp(TOO_SLOW);
            return null;
        });
    }

    /// One that cannot be read here, such as what a newer server writes, is at its end as well.
    private static boolean isAtEnd(Mirror mirror, RunLog.Progress progress) {
        try {
            return mirror.goOn(progress);
        } catch (RuntimeException unreadable) {
            if (SqlErrors.isUnavailable(unreadable)) {
                throw unreadable;
            }
            LOG.error("run {} of another node cannot be read here", mirror.run.id(), unreadable);
            mirror.giveUp("This answer cannot be read by this server.");
            return true;
        }
    }

    @Override
    public void close() {
        closed = true;
        loop.close();
        mirrors.values().forEach(mirror -> mirror.giveUp(SHUTTING_DOWN));
    }
}
