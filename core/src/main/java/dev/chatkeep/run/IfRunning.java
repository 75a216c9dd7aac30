package dev.chatkeep.run;

/// What a turn does when an answer is being written where it would go.
public enum IfRunning {
    /// Ends that answer as stopped, keeps what it said, and goes behind it.
    STOP,
    /// Is refused.
    REFUSE
}
