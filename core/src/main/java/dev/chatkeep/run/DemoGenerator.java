package dev.chatkeep.run;

import dev.chatkeep.db.Json;
import dev.chatkeep.message.Part;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// A model that needs no key and no network and says so: it thinks aloud, calls a tool that counts words, and
/// answers in markdown. The same prompt always gets the same answer. Asked for a very long answer it writes
/// some thousand words.
public final class DemoGenerator implements Generator {

    private static final Pattern LONG = Pattern.compile("\\b(very|really) long\\b|\\blong (answer|story|text)\\b");
    private static final int LONG_PARAGRAPHS = 60;
    private static final String PARAGRAPH = """
            This is paragraph %d of a long answer. The demo model has nothing new to say in it, yet it says it word by \
            word, so that there is time to watch the stream, to close the tab, to come back, or to pull the plug. \
            Whatever had been said by then is meant to be kept, and the next paragraph follows without a pause.

            """;
    private static final String ANSWER = """
            ## This is the demo model

            It runs **offline**, knows nothing, and always gives the same answer. You wrote:

            > %s

            That is **%d %s**, as the tool `count_words` found. What you see here is kept:

            1. your message, before the model was asked,
            2. the reasoning, the tool call and this text, part by part,
            3. the tokens, the finish reason and the time it took.

            Set `OPENAI_API_KEY` (and `OPENAI_BASE_URL` for another provider) to talk to a real model:

            ```sh
            OPENAI_API_KEY=... CHATKEEP_MODEL=gpt-5-mini bin/run
            ```
            """;

    private final Duration pace;

    /// @param pace the pause between two pieces
    public DemoGenerator(Duration pace) {
        this.pace = pace;
    }

    @Override
    public void generate(Prompt prompt, Cancellation cancellation, Consumer<? super ModelEvent> sink) {
        CountDownLatch cancelled = new CountDownLatch(1);
        cancellation.onCancel(cancelled::countDown);
        String question = lastText(prompt);
        int words = question.isBlank() ? 0 : question.strip().split("\\s+").length;
        Voice voice = new Voice(sink, cancelled, words);
        String callId = "call_" + prompt.turns().size() + "_" + Integer.toHexString(question.hashCode());
        boolean told = voice.say(
                        "The user wrote " + words + (words == 1 ? " word" : " words")
                                + ". I will count them with the tool, to show one, and then answer.",
                        1,
                        ModelEvent.ReasoningDelta::new)
                && voice.callTool(callId, excerpt(question, 200), words)
                && voice.say(answer(question, words), LONG.matcher(question).find() ? 5 : 1, ModelEvent.TextDelta::new);
        if (told) {
            sink.accept(new ModelEvent.Finish(FinishReason.STOP, voice.usage()));
        }
    }

    private static String answer(String question, int words) {
        if (LONG.matcher(question).find()) {
            StringBuilder text = new StringBuilder("## A long answer from the demo model\n\n");
            for (int i = 1; i <= LONG_PARAGRAPHS; i++) {
                text.append(PARAGRAPH.formatted(i));
            }
            return text.toString();
        }
        return ANSWER.formatted(excerpt(question, 500).replace("\n", "\n> "), words, words == 1 ? "word" : "words");
    }

    private static String lastText(Prompt prompt) {
        List<Part> parts =
                prompt.turns().isEmpty() ? List.of() : prompt.turns().getLast().parts();
        return parts.stream()
                .map(part -> part instanceof Part.Text(String text) ? text : "")
                .collect(Collectors.joining("\n"))
                .strip();
    }

    private static String excerpt(String text, int length) {
        return text.codePointCount(0, text.length()) <= length
                ? text
                : text.substring(0, text.offsetByCodePoints(0, length)) + "\u2026";
    }

    /// Speaks at the pace, until cancelled.
    private final class Voice {
        private final Consumer<? super ModelEvent> sink;
        private final CountDownLatch cancelled;
        private final int wordsRead;
        private int pieces;

        Voice(Consumer<? super ModelEvent> sink, CountDownLatch cancelled, int wordsRead) {
            this.sink = sink;
            this.cancelled = cancelled;
            this.wordsRead = wordsRead;
        }

        ModelEvent.Usage usage() {
            return new ModelEvent.Usage(wordsRead, pieces);
        }

        /// Says `text`, some words at a time; false when cancelled.
        boolean say(String text, int wordsAtOnce, java.util.function.Function<String, ModelEvent> kind) {
            String[] words = text.split("(?<=\\s)(?=\\S)");
            for (int i = 0; i < words.length; i += wordsAtOnce) {
                if (paused()) {
                    return false;
                }
                int end = Math.min(words.length, i + wordsAtOnce);
                sink.accept(kind.apply(String.join("", List.of(words).subList(i, end))));
                pieces += end - i;
                sink.accept(new ModelEvent.UsageSoFar(usage()));
            }
            return true;
        }

        boolean callTool(String callId, String text, int words) {
            sink.accept(new ModelEvent.ReasoningEnd(null));
            sink.accept(new ModelEvent.ToolInputStart(callId, "count_words"));
            String input = "{\"text\":" + Json.MAPPER.writeValueAsString(text) + "}";
            for (int i = 0; i < input.length(); i += 16) {
                if (paused()) {
                    return false;
                }
                sink.accept(
                        new ModelEvent.ToolInputDelta(callId, input.substring(i, Math.min(input.length(), i + 16))));
            }
            sink.accept(new ModelEvent.ToolInput(callId, "count_words", input));
            sink.accept(new ModelEvent.ToolOutput(
                    callId, new Json("{\"words\":%d,\"characters\":%d}".formatted(words, text.length()))));
            return !paused();
        }

        private boolean paused() {
            try {
                return cancelled.await(pace.toNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                return true;
            }
        }
    }
}
