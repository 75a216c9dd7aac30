package dev.chatkeep.run;

import dev.chatkeep.db.Channel;
import dev.chatkeep.db.Database;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What nodes tell each other of runs: that there is more to read, and that one is to be stopped. A hint that may be
/// lost; what it says is in the database. Where no other node can be, nothing is said.
final class RunSignals implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RunSignals.class);
    private static final String MORE = "more";
    private static final String STOP = "stop";
    private static final int UUID_LENGTH = 36;
    private static final int RUNS_AT_ONCE = (Channel.MOST_BYTES - MORE.length()) / (UUID_LENGTH + 1);

    private final BooleanSupplier hasOthers;
    private final @Nullable Channel channel;

    /// @param alone that no other node can be on this database
    /// @param hasOthers whether there is one now
    /// @param onMore a run that has more to read
    /// @param onStop a run that is to be stopped
    RunSignals(
            Database database, boolean alone, BooleanSupplier hasOthers, Consumer<UUID> onMore, Consumer<UUID> onStop) {
        this.hasOthers = hasOthers;
        this.channel = alone ? null : new Channel(database, word -> hear(word, onMore, onStop));
    }

    private static void hear(String word, Consumer<UUID> onMore, Consumer<UUID> onStop) {
        Consumer<UUID> listener = word.startsWith(STOP) ? onStop : onMore;
        Pattern.compile(" ").splitAsStream(word).skip(1).map(UUID::fromString).forEach(listener);
    }

    /// These runs have more to read.
    void more(Collection<UUID> runs) {
        say(MORE, runs);
    }

    /// This run is to be stopped.
    void stop(UUID run) {
        say(STOP, List.of(run));
    }

    private void say(String what, Collection<UUID> runs) {
        if (channel == null || !hasOthers.getAsBoolean()) {
            return;
        }
        var all = new ArrayList<>(runs);
        for (int from = 0; from < all.size(); from += RUNS_AT_ONCE) {
            var word = new StringBuilder(what);
            all.subList(from, Math.min(all.size(), from + RUNS_AT_ONCE))
                    .forEach(run -> word.append(' ').append(run));
            try {
                channel.say(word.toString());
            } catch (RuntimeException away) {
                LOG.debug("other nodes will look by themselves: {}", away.getMessage());
            }
        }
    }

    @Override
    public void close() {
        if (channel != null) {
            channel.close();
        }
    }
}
