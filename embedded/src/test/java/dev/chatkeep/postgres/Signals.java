package dev.chatkeep.postgres;

import java.io.IOException;

/// Signals that Java cannot send.
final class Signals {
    private Signals() {}

    /// @param signal such as `KILL`
    static void send(String signal, long pid) throws IOException, InterruptedException {
        if (pid <= 1) {
            throw new IllegalArgumentException("A signal to " + pid + " would reach more than one process");
        }
        new ProcessBuilder("kill", "-s", signal, Long.toString(pid)).start().waitFor();
    }
}
