package dev.chatkeep.run;

import java.util.function.Consumer;

/// A model that answers: the one interface a provider implements.
///
/// Implementations are thread-safe and hold no state between calls: several answers are generated at once.
@FunctionalInterface
public interface Generator {

    /// Streams one step of an answer into `sink` and returns when the model has said all of it.
    ///
    /// It blocks, and is called on a virtual thread. Events reach `sink` one after another, as they arrive,
    /// deltas never cumulative; the last one is [ModelEvent.Finish], exactly once. If `sink` throws, the call
    /// to the provider is closed and the exception goes on to the caller.
    ///
    /// When `cancellation` fires, the connection to the provider is closed at once and the call returns
    /// normally, without a [ModelEvent.Finish]; this holds before the first event as well.
    ///
    /// @throws GenerationException when the provider refuses, breaks off or falls silent. A stream that ends
    ///     without saying why (no finish reason, no end marker) is such a failure too: half an answer is never
    ///     a whole one.
    void generate(Prompt prompt, Cancellation cancellation, Consumer<? super ModelEvent> sink)
            throws GenerationException;
}
