package dev.chatkeep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import dev.chatkeep.run.ModelEvent.Finish;
import dev.chatkeep.run.ModelEvent.ReasoningDelta;
import dev.chatkeep.run.ModelEvent.ReasoningEnd;
import dev.chatkeep.run.ModelEvent.TextDelta;
import dev.chatkeep.run.ModelEvent.ToolInput;
import dev.chatkeep.run.ModelEvent.ToolInputDelta;
import dev.chatkeep.run.ModelEvent.ToolInputStart;
import dev.chatkeep.run.ModelEvent.ToolOutput;
import dev.chatkeep.run.ModelEvent.Usage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class StepWriterTest {

    private final List<RunEvent> events = new ArrayList<>();
    private final Draft draft = new Draft();
    private final StepWriter step = step(1);
    private long room = Long.MAX_VALUE;

    private StepWriter step(int number) {
        return new StepWriter(number, bytes -> bytes <= room, this::write);
    }

    private void write(RunEvent event) {
        draft.apply(event);
        events.add(event);
    }

    private void closeAll(String why) {
        draft.closings(why).forEach(this::write);
    }

    private void say(ModelEvent... said) {
        for (ModelEvent event : said) {
            step.accept(event);
        }
    }

    private String wire() {
        return String.join("\n", events.stream().map(RunEvent::toJson).toList());
    }

    private static JsonNode json(String text) {
        return new Json(text).tree();
    }

    @Nested
    class Blocks {

        @Test
        void ofReasoningTextAndToolsAreOpenedAndClosedAsTheyInterleave() {
            say(
                    new ReasoningDelta("hm"),
                    new ReasoningDelta("m"),
                    new TextDelta("Let "),
                    new TextDelta("me."),
                    new ToolInputStart("c1", "sum"),
                    new ToolInputDelta("c1", "{\"a\""),
                    new ToolInputDelta("c1", ":1}"),
                    new ToolInput("c1", "sum", "{\"a\":1}"),
                    new ReasoningDelta("so"),
                    new TextDelta("1"),
                    new Finish(FinishReason.STOP, new Usage(3, 4)));
            assertThat(wire()).isEqualTo("""
                            {"type":"reasoning-start","id":"reasoning-1-1"}
                            {"type":"reasoning-delta","id":"reasoning-1-1","delta":"hm"}
                            {"type":"reasoning-delta","id":"reasoning-1-1","delta":"m"}
                            {"type":"reasoning-end","id":"reasoning-1-1"}
                            {"type":"text-start","id":"text-1-2"}
                            {"type":"text-delta","id":"text-1-2","delta":"Let "}
                            {"type":"text-delta","id":"text-1-2","delta":"me."}
                            {"type":"text-end","id":"text-1-2"}
                            {"type":"tool-input-start","toolCallId":"c1","toolName":"sum","dynamic":true}
                            {"type":"tool-input-delta","toolCallId":"c1","inputTextDelta":"{\\"a\\""}
                            {"type":"tool-input-delta","toolCallId":"c1","inputTextDelta":":1}"}
                            {"type":"tool-input-available","toolCallId":"c1","toolName":"sum","input":{"a":1},"dynamic":true}
                            {"type":"reasoning-start","id":"reasoning-1-3"}
                            {"type":"reasoning-delta","id":"reasoning-1-3","delta":"so"}
                            {"type":"reasoning-end","id":"reasoning-1-3"}
                            {"type":"text-start","id":"text-1-4"}
                            {"type":"text-delta","id":"text-1-4","delta":"1"}
                            {"type":"text-end","id":"text-1-4"}""");
            assertThat(draft.parts().tree()).isEqualTo(json("""
                            [{"type":"reasoning","text":"hmm","state":"done","id":"reasoning-1-1"},
                             {"type":"text","text":"Let me.","state":"done"},
                             {"type":"dynamic-tool","toolName":"sum","toolCallId":"c1","state":"input-available",
                              "input":{"a":1}},
                             {"type":"reasoning","text":"so","state":"done","id":"reasoning-1-3"},
                             {"type":"text","text":"1","state":"done"}]"""));
            assertThat(step.finishReason()).contains(FinishReason.STOP);
            assertThat(step.usage()).isEqualTo(new Usage(3, 4));
        }

        @Test
        void haveIdsThatNoOtherBlockOfTheMessageHas() {
            StepWriter second = step(2);
            for (StepWriter each : List.of(step, second)) {
                for (int i = 0; i < 3; i++) {
                    each.accept(new TextDelta("t"));
                    each.accept(new ReasoningDelta("r"));
                }
                closeAll("");
            }
            assertThat(events.stream()
                            .map(event -> event instanceof RunEvent.TextStart(String id)
                                    ? id
                                    : event instanceof RunEvent.ReasoningStart(String other) ? other : "")
                            .filter(id -> !id.isEmpty()))
                    .hasSize(12)
                    .doesNotHaveDuplicates();
            assertThat(draft.parts().tree()).hasSize(12);
        }

        @Test
        void areNotOpenedForNothing() {
            say(new TextDelta(""), new ReasoningDelta(""), new ReasoningEnd(null));
            assertThat(events).isEmpty();
            assertThat(draft.isEmpty()).isTrue();
        }

        /// A provider may give a signature for reasoning that it does not show.
        @Test
        void ofReasoningKeepTheProvidersMetadataEvenWithoutText() {
            Json signature = new Json("{\"anthropic\":{\"signature\":\"s\"}}");
            say(new ReasoningDelta("a"), new ReasoningEnd(signature), new ReasoningEnd(signature));
            assertThat(draft.parts().tree()).isEqualTo(json("""
                            [{"type":"reasoning","text":"a","state":"done","id":"reasoning-1-1",
                              "providerMetadata":{"anthropic":{"signature":"s"}}},
                             {"type":"reasoning","text":"","state":"done","id":"reasoning-1-2",
                              "providerMetadata":{"anthropic":{"signature":"s"}}}]"""));
        }

        @Test
        void thatAreStillOpenShowTheTextTheyHave() {
            say(new TextDelta("half an "));
            assertThat(draft.parts().tree())
                    .isEqualTo(json("[{\"type\":\"text\",\"text\":\"half an \",\"state\":\"streaming\"}]"));
            assertThat(draft.isEmpty()).isFalse();
        }
    }

    @Nested
    class Tools {

        @Test
        void mayStreamTheirArgumentsSideBySide() {
            say(
                    new ToolInputStart("a", "one"),
                    new ToolInputStart("b", "two"),
                    new ToolInputDelta("b", "{\"x\":"),
                    new ToolInputDelta("a", "{}"),
                    new ToolInputDelta("b", "2}"),
                    new ToolInput("a", "one", "{}"),
                    new ToolInput("b", "two", "{\"x\":2}"),
                    new ToolOutput("b", new Json("{\"y\":3}")));
            assertThat(draft.parts().tree()).isEqualTo(json("""
                            [{"type":"dynamic-tool","toolName":"one","toolCallId":"a","state":"input-available",
                              "input":{}},
                             {"type":"dynamic-tool","toolName":"two","toolCallId":"b","state":"output-available",
                              "input":{"x":2},"providerExecuted":true,"output":{"y":3}}]"""));
        }

        @Test
        void comeAtOnceAsWell() {
            say(new TextDelta("a"), new ToolInput("c", "now", ""), new TextDelta("b"));
            assertThat(draft.parts().tree()).isEqualTo(json("""
                            [{"type":"text","text":"a","state":"done"},
                             {"type":"dynamic-tool","toolName":"now","toolCallId":"c","state":"input-available","input":{}},
                             {"type":"text","text":"b","state":"streaming"}]"""));
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '`',
                value = {
                    "{\"a\": | {}",
                    "{\"a\":1,\"b | {\"a\":1}",
                    "not json |",
                    "{} {} | {}",
                    "{\"a\":1e400} | {}",
                    "{\"a\":1e99999999999} | {}",
                    "{\"a\":\"\\ud83d\"} | {\"a\":\"\"}"
                })
        void withArgumentsThatAreNotUsableAreErrorsThatShowWhatCanBeReadOfThem(String input, String readable) {
            say(new ToolInputStart("c", "sum"), new ToolInput("c", "sum", input));
            assertIsError(input, readable);
        }

        @Test
        void withArgumentsThatAreNotUsableAreToldToTheEnd() {
            say(
                    new ToolInputStart("c", "sum"),
                    new ToolInputDelta("c", "{\"a\""),
                    new ToolInput("c", "sum", "{\"a\":\"b\""),
                    new ToolInput("d", "sum", "{\"x\":true"));
            assertThat(wire()).isEqualTo("""
                            {"type":"tool-input-start","toolCallId":"c","toolName":"sum","dynamic":true}
                            {"type":"tool-input-delta","toolCallId":"c","inputTextDelta":"{\\"a\\""}
                            {"type":"tool-input-delta","toolCallId":"c","inputTextDelta":":\\"b\\""}
                            {"type":"tool-output-error","toolCallId":"c","errorText":"The model's arguments for this tool are not usable JSON.","dynamic":true}
                            {"type":"tool-input-start","toolCallId":"d","toolName":"sum","dynamic":true}
                            {"type":"tool-input-delta","toolCallId":"d","inputTextDelta":"{\\"x\\":true"}
                            {"type":"tool-output-error","toolCallId":"d","errorText":"The model's arguments for this tool are not usable JSON.","dynamic":true}""");
        }

        private void assertIsError(String input, @Nullable String readable) {
            JsonNode part = draft.parts().tree().get(0);
            assertThat(part.path("state").asString()).isEqualTo("output-error");
            assertThat(part.has("input")).as(input).isEqualTo(readable != null);
            if (readable != null) {
                assertThat(part.path("input")).isEqualTo(json(readable));
            }
        }

        @Test
        void thatWereNotFinishedEndAsErrorsWithWhatWasSaid() {
            say(
                    new ToolInputStart("a", "one"),
                    new ToolInputDelta("a", "{\"city\":\"Par"),
                    new ToolInputStart("b", "two"),
                    new ToolInputDelta("b", "{\"x\":2}"),
                    new ToolInputStart("c", "three"),
                    new ToolInput("d", "four", "{}"),
                    new TextDelta("and"));
            closeAll("It ended.");
            assertThat(draft.parts().tree()).isEqualTo(json("""
                            [{"type":"dynamic-tool","toolName":"one","toolCallId":"a","state":"output-error",
                              "errorText":"It ended.","input":{"city":"Par"}},
                             {"type":"dynamic-tool","toolName":"two","toolCallId":"b","state":"output-error",
                              "errorText":"It ended.","input":{"x":2}},
                             {"type":"dynamic-tool","toolName":"three","toolCallId":"c","state":"output-error",
                              "errorText":"It ended."},
                             {"type":"dynamic-tool","toolName":"four","toolCallId":"d","state":"input-available",
                              "input":{}},
                             {"type":"text","text":"and","state":"done"}]"""));
            int said = events.size();
            closeAll("Again.");
            assertThat(events).as("closing again says nothing").hasSize(said);
        }

        /// An exception here would lose the answer and leave its run unfinished, which locks the chat.
        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '`',
                value = {
                    "{\"a\":1e400} | {}",
                    "{\"a\":1e99999999999} | {}",
                    "{\"a\":\"\\ud83d\"} | {\"a\":\"\"}",
                    "[[[ | [[[]]]",
                    "\u0000 |"
                })
        void thatWereNotFinishedEndAsErrorsWhateverWasSaid(String input, String readable) {
            say(new ToolInputStart("c", "sum"), new ToolInputDelta("c", input));
            closeAll("It ended.");
            assertIsError(input, readable);
        }
    }

    @Nested
    class Text {

        @Test
        void whoseSurrogatePairIsSplitOverDeltasIsWhole() {
            say(
                    new TextDelta("a\ud83d"),
                    new TextDelta("\udc4bb"),
                    new ReasoningDelta("\ud83d"),
                    new ReasoningDelta("\udc4b"),
                    new ToolInputStart("c", "t"),
                    new ToolInputStart("d", "t"),
                    new ToolInputDelta("c", "\"\ud83d"),
                    new ToolInputDelta("d", "\"x"),
                    new ToolInputDelta("c", "\udc4b"));
            closeAll("");
            assertThat(wire()).contains("\"delta\":\"\ud83d\udc4bb\"").doesNotContain("\ufffd");
            assertThat(draft.parts().tree().get(0).path("text").asString()).isEqualTo("a\ud83d\udc4bb");
            assertThat(draft.parts().tree().get(1).path("text").asString()).isEqualTo("\ud83d\udc4b");
            assertThat(draft.parts().tree().get(2).path("input").asString()).isEqualTo("\ud83d\udc4b");
            assertThat(draft.parts().tree().get(3).path("input").asString()).isEqualTo("x");
        }

        @Test
        void doesNotJoinHalvesAcrossBlocks() {
            say(new ReasoningDelta("a\ud83d"), new ReasoningEnd(null), new TextDelta("\udc4bb"));
            assertThat(draft.parts().tree().get(0).path("text").asString())
                    .startsWith("a")
                    .hasSizeLessThan(3);
            assertThat(draft.parts().tree().get(1).path("text").asString()).isEqualTo("\ufffdb");
        }

        @Test
        void withNulIsStorableWhereverItStands() {
            say(
                    new TextDelta("a\u0000"),
                    new ToolInputStart("c\u0000", "n\u0000"),
                    new ToolInputDelta("c\u0000", "{\"k\":\"\u0000"),
                    new ToolInput("e\u0000", "n\u0000", "{\"k\\u0000\":\"\\u0000\"}"),
                    new ToolOutput("e\u0000", new Json("1")));
            closeAll("");
            assertThat(wire()).doesNotContain("\\u0000").doesNotContain("\u0000");
            assertThat(draft.parts().text()).doesNotContain("\\u0000").contains("k\ufffd");
        }
    }
}
