package dev.chatkeep.server;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/// Says in words, without a stack trace, which setting is wrong.
final class SettingsFailureAnalyzer extends AbstractFailureAnalyzer<SettingsException> {

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable failure, SettingsException cause) {
        return new FailureAnalysis(cause.getMessage(), "docs/operate.md lists every setting.", cause);
    }
}
