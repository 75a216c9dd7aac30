package dev.chatkeep.server;

import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/// Says in words that the operator's own database could not be reached when the server started.
final class DatabaseAwayAnalyzer extends AbstractFailureAnalyzer<PoolInitializationException> {

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable failure, PoolInitializationException cause) {
        return new FailureAnalysis(
                "The database could not be opened: " + cause.getMessage(),
                "Check CHATKEEP_DATABASE_URL, CHATKEEP_DATABASE_USER and CHATKEEP_DATABASE_PASSWORD, and that the"
                        + " database exists and is reachable from here.",
                cause);
    }
}
