package dev.chatkeep.server;

import org.jspecify.annotations.Nullable;

/// The settings cannot be meant; the message says which and why.
final class SettingsException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    SettingsException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
