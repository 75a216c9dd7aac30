package dev.chatkeep.server;

import dev.chatkeep.db.Json;
import dev.chatkeep.message.Part;
import dev.chatkeep.run.Cancellation;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.GenerationException.Kind;
import dev.chatkeep.run.Generator;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.Prompt;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// A model that does what the first word of its question says, for the programs that play clients:
///
/// | word | |
/// | --- | --- |
/// | `hold` | begins, and says no more until it is stopped |
/// | `wait` | says nothing until it is stopped |
/// | `slowly` | answers in 60 pieces within some three seconds |
/// | `break` | fails in the middle of its text |
/// | `refuse` | fails before its first word |
/// | `look` | calls a tool that the provider runs, then answers like `slowly` |
/// | `call` | calls a tool that is the client's |
/// | `misspell` | calls one with arguments that are no JSON |
/// | `cut` | fails in the middle of a call's arguments |
///
/// Any other question is answered at once, with what was asked.
final class CuedModel implements Generator {

    private static final Duration LONGEST = Duration.ofSeconds(60);
    private static final Duration PAUSE = Duration.ofMillis(50);
    private static final int PIECES = 60;
    private static final ModelEvent CALLED = new ModelEvent.Finish(FinishReason.TOOL_CALLS, new ModelEvent.Usage(3, 5));

    @Override
    public void generate(Prompt prompt, Cancellation cancellation, Consumer<? super ModelEvent> sink)
            throws GenerationException {
        CountDownLatch cancelled = new CountDownLatch(1);
        cancellation.onCancel(cancelled::countDown);
        String question = question(prompt);
        switch (firstWord(question)) {
            case "hold" -> {
                sink.accept(new ModelEvent.TextDelta("I begin. "));
                isCancelledWithin(LONGEST, cancelled);
            }
            case "wait" -> isCancelledWithin(LONGEST, cancelled);
            case "slowly" -> slowly(question, cancelled, sink);
            case "break" -> {
                sink.accept(new ModelEvent.TextDelta("Half an "));
                throw new GenerationException(Kind.BROKEN, "as the question said");
            }
            case "refuse" -> throw new GenerationException(Kind.REFUSED, "as the question said");
            case "look" -> {
                call(sink, "look_up", "{\"for\":\"it\"}");
                sink.accept(new ModelEvent.ToolOutput("call_look_up", new Json("{\"found\":true}")));
                slowly(question, cancelled, sink);
            }
            case "call" -> {
                call(sink, "locate", "{\"precise\":true}");
                sink.accept(CALLED);
            }
            case "misspell" -> {
                call(sink, "locate", "{\"precise\": Yes}");
                sink.accept(CALLED);
            }
            case "cut" -> {
                sink.accept(new ModelEvent.ToolInputStart("call_locate", "locate"));
                sink.accept(new ModelEvent.ToolInputDelta("call_locate", "{\"near\":[\"Paris\",\"Ly"));
                throw new GenerationException(Kind.BROKEN, "as the question said");
            }
            default -> {
                sink.accept(new ModelEvent.TextDelta("You said: " + question));
                sink.accept(Scripts.STOP);
            }
        }
    }

    private static String question(Prompt prompt) {
        List<Part> parts = prompt.turns().getLast().parts();
        return parts.stream()
                .map(part -> part instanceof Part.Text(String text) ? text : "")
                .collect(Collectors.joining(" "))
                .strip();
    }

    private static String firstWord(String question) {
        int end = question.indexOf(' ');
        return end < 0 ? question : question.substring(0, end);
    }

    private static void call(Consumer<? super ModelEvent> sink, String tool, String arguments) {
        String id = "call_" + tool;
        sink.accept(new ModelEvent.ToolInputStart(id, tool));
        sink.accept(new ModelEvent.ToolInputDelta(id, arguments));
        sink.accept(new ModelEvent.ToolInput(id, tool, arguments));
    }

    private static void slowly(String question, CountDownLatch cancelled, Consumer<? super ModelEvent> sink) {
        for (int i = 1; i <= PIECES; i++) {
            if (isCancelledWithin(PAUSE, cancelled)) {
                return;
            }
            sink.accept(new ModelEvent.TextDelta("piece " + i + ", "));
        }
        sink.accept(new ModelEvent.TextDelta("and the end. You said: " + question));
        sink.accept(Scripts.STOP);
    }

    private static boolean isCancelledWithin(Duration time, CountDownLatch cancelled) {
        try {
            return cancelled.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
