package dev.chatkeep.server;

import java.time.Duration;

/// What a connection may take before anyone knows whose it is.
///
/// @param perAddress connections at once from one network address; 0 means any number
/// @param requestTimeout from a connection's beginning, or the end of its last answer, to the end of a request's head;
///     and from there to the end of the answer, unless someone is signed in
/// @param bodyTimeout from the end of the head to the end of the body of someone who is signed in
record ConnectionLimits(int perAddress, Duration requestTimeout, Duration bodyTimeout) {

    static final ConnectionLimits NONE = new ConnectionLimits(0, Duration.ofDays(1), Duration.ofDays(1));
}
