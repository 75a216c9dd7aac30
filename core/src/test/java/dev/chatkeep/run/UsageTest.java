package dev.chatkeep.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chatkeep.message.Part;
import dev.chatkeep.message.Role;
import dev.chatkeep.run.ModelEvent.Finish;
import dev.chatkeep.run.ModelEvent.Usage;
import dev.chatkeep.run.ModelEvent.UsageSoFar;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Tokens that a model says it used.
class UsageTest {

    private final List<RunEvent> events = new ArrayList<>();
    private final StepWriter step = new StepWriter(1, bytes -> true, events::add);

    @Test
    void isKnownBeforeTheEndAndSaysNothingInTheStream() {
        step.accept(new UsageSoFar(new Usage(7, 1)));
        step.accept(new UsageSoFar(new Usage(7, 3)));

        assertThat(step.usage()).isEqualTo(new Usage(7, 3));
        assertThat(events).isEmpty();
    }

    @Test
    void isThatOfTheEndWhereTheEndHasOne() {
        step.accept(new UsageSoFar(new Usage(7, 3)));
        step.accept(new Finish(FinishReason.STOP, new Usage(8, 4)));

        assertThat(step.usage()).isEqualTo(new Usage(8, 4));
    }

    @Test
    void isThatOfTheWayWhereTheEndHasNone() {
        step.accept(new UsageSoFar(new Usage(7, 3)));
        step.accept(new Finish(FinishReason.STOP, Usage.NONE));

        assertThat(step.usage()).isEqualTo(new Usage(7, 3));
    }

    @ParameterizedTest
    @CsvSource({"-1, 0", "0, -1", "1000000000001, 0", "0, 9223372036854775807", "-9223372036854775808, 5"})
    void ofNoNumberOfTokensIsRefused(long input, long output) {
        assertThatThrownBy(() -> new Usage(input, output)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void hasATotalThatNeverOverflows() {
        assertThat(new Usage(Usage.MAX_TOKENS, Usage.MAX_TOKENS).total()).isEqualTo(2_000_000_000_000L);
    }

    @Test
    void ofTheDemoModelIsKnownWhenItIsStopped() {
        Cancellation cancellation = new Cancellation();
        Prompt prompt =
                new Prompt(null, List.of(new Prompt.Turn(Role.USER, List.of(new Part.Text("one two three")))), null);
        new DemoGenerator(Duration.ofNanos(1)).generate(prompt, cancellation, event -> {
            step.accept(event);
            if (events.size() == 4) {
                cancellation.cancel();
            }
        });

        assertThat(step.finishReason()).isEmpty();
        assertThat(step.usage().input()).isEqualTo(3);
        assertThat(step.usage().output()).isPositive();
    }
}
