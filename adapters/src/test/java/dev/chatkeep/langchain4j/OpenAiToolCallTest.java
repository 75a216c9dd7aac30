package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Provider.OPENAI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException.Kind;
import dev.chatkeep.run.ModelEvent.Finish;
import dev.chatkeep.run.ModelEvent.ToolInput;
import dev.chatkeep.run.ModelEvent.ToolInputDelta;
import dev.chatkeep.run.ModelEvent.ToolInputStart;
import dev.chatkeep.run.ModelEvent.Usage;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Tool calls in the pieces in which OpenAI-compatible servers send them.
class OpenAiToolCallTest {

    private static final String END = "{\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}";

    /// Plays each list of calls, which is JSON in single quotes, as the delta of a frame.
    private static Asked play(String... calls) throws IOException {
        StringBuilder frames = new StringBuilder();
        for (String list : calls) {
            frames.append("data: {\"choices\":[{\"delta\":{\"tool_calls\":")
                    .append(list.replace('\'', '"'))
                    .append("}}]}\n\n");
        }
        return Asked.play(OPENAI, frames + "data: " + END + "\n\ndata: [DONE]\n\n");
    }

    private static void are(Asked asked, ToolInput... calls) {
        assertThat(asked.failure()).isNull();
        assertThat(asked.calls()).containsExactly(calls);
        assertThat(asked.events().getLast()).isEqualTo(new Finish(FinishReason.TOOL_CALLS, Usage.NONE));
    }

    private static void areTwo(Asked asked, String firstInput, String secondName, String secondInput) {
        assertThat(asked.failure()).isNull();
        assertThat(asked.calls()).extracting(ToolInput::toolName).containsExactly("w", secondName);
        assertThat(asked.calls()).extracting(ToolInput::input).containsExactly(firstInput, secondInput);
        assertThat(asked.calls()).extracting(ToolInput::toolCallId).doesNotHaveDuplicates();
    }

    @Nested
    class ArgumentsOfACall {

        @Test
        void mayBeAnObject() throws IOException {
            are(
                    play("[{'index':0,'id':'a','function':{'name':'w','arguments':{'c':1.10,'d':['x']}}}]"),
                    new ToolInput("a", "w", "{\"c\":1.10,\"d\":[\"x\"]}"));
        }

        @Test
        void mayBeAnEmptyObjectBeforeTheTrueOnes() throws IOException {
            for (String placeholder : new String[] {"'{}'", "{}", "' {} '"}) {
                are(
                        play(
                                "[{'index':0,'id':'a','function':{'name':'w','arguments':" + placeholder + "}}]",
                                "[{'index':0,'function':{'arguments':'{\\'c\\':'}}]",
                                "[{'index':0,'function':{'arguments':'1}'}}]"),
                        new ToolInput("a", "w", "{\"c\":1}"));
            }
            are(
                    play("[{'index':0,'id':'a','function':{'name':'w','arguments':'{}{\\'c\\':1}'}}]"),
                    new ToolInput("a", "w", "{\"c\":1}"));
        }

        @Test
        void mayBeAnObjectThatIsSentAgainAndGrows() throws IOException {
            are(
                    play(
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':{'c':1}}}]",
                            "[{'index':0,'id':'a','function':{'arguments':{'c':1}}}]",
                            "[{'index':0,'id':'a','function':{'arguments':{'c':1,'d':2}}}]"),
                    new ToolInput("a", "w", "{\"c\":1,\"d\":2}"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"null", "''", "' '", "{}", "'{}'"})
        void thatHasNoneAreAnEmptyObject(String none) throws IOException {
            are(
                    play(
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':null}}]",
                            "[{'index':0,'function':{'arguments':" + none + "}}]"),
                    new ToolInput("a", "w", "{}"));
        }

        @Test
        void areToldAsTheyCome() throws IOException {
            assertThat(play(
                                    "[{'index':0,'id':'a','type':'function','function':{'name':'w','arguments':''}}]",
                                    "[{'index':0,'function':{'arguments':'{\\'c'}}]",
                                    "[{'index':0,'function':{'arguments':'\\':1}'}}]")
                            .events())
                    .startsWith(
                            new ToolInputStart("a", "w"),
                            new ToolInputDelta("a", "{\"c"),
                            new ToolInputDelta("a", "\":1}"),
                            new ToolInput("a", "w", "{\"c\":1}"));
        }

        @Test
        void thatAreToldOnceMoreAtTheEndAreTheSame() throws IOException {
            are(
                    play(
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':'{\\'c\\':'}}]",
                            "[{'index':0,'function':{'arguments':'1}'}}]",
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':'{\\'c\\':1}'}}]"),
                    new ToolInput("a", "w", "{\"c\":1}"));
        }

        /// What the model said is shown, though nobody can use it.
        @Test
        void thatAreNoJsonAreKeptToTheLetter() throws IOException {
            are(
                    play(
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':'{\\'c\\':1}'}}]",
                            "[{'index':0,'function':{'arguments':'{\\'c\\':2}'}}]"),
                    new ToolInput("a", "w", "{\"c\":1}{\"c\":2}"));
        }
    }

    @Nested
    class TheName {

        @Test
        void mayComeInALaterPiece() throws IOException {
            assertThat(play(
                                    "[{'index':0,'id':'a'}]",
                                    "[{'index':0,'function':{'arguments':'{\\'c'}}]",
                                    "[{'index':0,'function':{'name':'w'}}]",
                                    "[{'index':0,'function':{'arguments':'\\':1}'}}]")
                            .events())
                    .startsWith(
                            new ToolInputStart("a", "w"),
                            new ToolInputDelta("a", "{\"c"),
                            new ToolInputDelta("a", "\":1}"),
                            new ToolInput("a", "w", "{\"c\":1}"));
        }

        @Test
        void thatNeverComesIsAFailure() throws IOException {
            Asked asked = play("[{'index':0,'id':'a'}]", "[{'index':0,'function':{'arguments':'{\\'c\\':1}'}}]");

            assertThat(asked.failed().kind()).isEqualTo(Kind.BROKEN);
            assertThat(asked.events()).isEmpty();
        }

        @Test
        void mayComeInParts() throws IOException {
            are(
                    play(
                            "[{'index':0,'id':'a','function':{'name':'get_','arguments':''}}]",
                            "[{'index':0,'function':{'name':'wea'}}]",
                            "[{'index':0,'function':{'name':'ther','arguments':'{}'}}]"),
                    new ToolInput("a", "get_weather", "{}"));
        }

        @Test
        void mayComeWithEachPiece() throws IOException {
            are(
                    play(
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':''}}]",
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':'{\\'c'}}]",
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':'\\':1}'}}]",
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':''}}]"),
                    new ToolInput("a", "w", "{\"c\":1}"));
        }

        @Test
        void mayBeEmptyAgain() throws IOException {
            are(
                    play(
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':''}}]",
                            "[{'index':0,'id':'','function':{'name':'','arguments':'{}'}}]"),
                    new ToolInput("a", "w", "{}"));
        }
    }

    @Nested
    class TheId {

        @Test
        void decidesWhereThePieceHasAnotherIndex() throws IOException {
            are(
                    play(
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':''}}]",
                            "[{'index':1,'id':'a','function':{'arguments':'{\\'c\\':'}}]",
                            "[{'index':1,'function':{'arguments':'1}'}}]"),
                    new ToolInput("a", "w", "{\"c\":1}"));
        }

        @Test
        void decidesBetweenCallsWhosePiecesAlternateUnderOneIndex() throws IOException {
            are(
                    play(
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':''}}]",
                            "[{'index':0,'id':'b','function':{'name':'t','arguments':''}}]",
                            "[{'index':0,'id':'a','function':{'arguments':'{\\'c\\':'}}]",
                            "[{'index':0,'id':'b','function':{'arguments':'{\\'c\\':'}}]",
                            "[{'index':0,'id':'a','function':{'arguments':'1}'}}]",
                            "[{'index':0,'id':'b','function':{'arguments':'2}'}}]"),
                    new ToolInput("a", "w", "{\"c\":1}"),
                    new ToolInput("b", "t", "{\"c\":2}"));
        }

        @Test
        void mayComeInALaterPiece() throws IOException {
            are(
                    play(
                            "[{'index':0,'function':{'name':'w'}}]",
                            "[{'index':0,'id':'a','function':{'arguments':'{}'}}]"),
                    new ToolInput("a", "w", "{}"));
        }

        /// Poolside: the first piece has one id, all others another.
        @Test
        void mayChangeBetweenThePieces() throws IOException {
            are(
                    play(
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':''}}]",
                            "[{'index':0,'id':'x','function':{'arguments':'{\\'c\\':'}}]",
                            "[{'index':0,'id':'y','function':{'name':'w','arguments':'1}'}}]",
                            "[{'index':0,'id':'z','function':{'arguments':''}}]",
                            "[{'index':0,'id':'y','function':{'name':'w','arguments':''}}]"),
                    new ToolInput("a", "w", "{\"c\":1}"));
        }

        @Test
        void mayBeANumber() throws IOException {
            are(
                    play(
                            "[{'index':0,'id':0,'function':{'name':'w','arguments':'{\\'c\\':'}}]",
                            "[{'index':0,'id':0,'function':{'arguments':'1}'}}]"),
                    new ToolInput("0", "w", "{\"c\":1}"));
        }

        @Test
        void thatTwoCallsHaveIsReplacedForTheSecond() throws IOException {
            areTwo(
                    play(
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':'{\\'c\\':1}'}}]",
                            "[{'index':1,'id':'a','function':{'name':'w','arguments':'{\\'c\\':2}'}}]"),
                    "{\"c\":1}",
                    "w",
                    "{\"c\":2}");
        }
    }

    @Nested
    class TheIndex {

        @ParameterizedTest
        @ValueSource(strings = {"'index':'0',", "'index':null,", "", "'index':7,", "'index':-1,"})
        void mayBeAsItLikes(String index) throws IOException {
            are(
                    play(
                            "[{" + index + "'id':'a','function':{'name':'w','arguments':''}}]",
                            "[{" + index + "'function':{'arguments':'{\\'c\\':'}}]",
                            "[{" + index + "'function':{'arguments':'1}'}}]"),
                    new ToolInput("a", "w", "{\"c\":1}"));
        }

        @Test
        void asAStringKeepsCallsApart() throws IOException {
            are(
                    play(
                            "[{'index':'0','id':'a','function':{'name':'w','arguments':''}},"
                                    + "{'index':'1','id':'b','function':{'name':'t','arguments':''}}]",
                            "[{'index':'1','function':{'arguments':'{\\'c\\':2}'}}]",
                            "[{'index':'0','function':{'arguments':'{\\'c\\':1}'}}]"),
                    new ToolInput("a", "w", "{\"c\":1}"),
                    new ToolInput("b", "t", "{\"c\":2}"));
        }

        @Test
        void maySkipNumbersAndMayChangeForArgumentsAlone() throws IOException {
            are(
                    play(
                            "[{'index':1,'id':'a','function':{'name':'w','arguments':''}}]",
                            "[{'index':3,'function':{'arguments':'{\\'c\\':1}'}}]"),
                    new ToolInput("a", "w", "{\"c\":1}"));
        }

        @Test
        void mayBeMissingWhereCallsHaveNoIdEither() throws IOException {
            areTwo(
                    play("[{'function':{'name':'w','arguments':'{\\'c\\':1}'}},"
                            + "{'function':{'name':'w','arguments':'{\\'c\\':1}'}}]"),
                    "{\"c\":1}",
                    "w",
                    "{\"c\":1}");
            areTwo(
                    play(
                            "[{'function':{'name':'w','arguments':'{\\'c\\':1}'}}]",
                            "[{'function':{'name':'w','arguments':'{\\'c\\':1}'}}]"),
                    "{\"c\":1}",
                    "w",
                    "{\"c\":1}");
            areTwo(play("[{'function':{'name':'w'}},{'function':{'name':'w'}}]"), "{}", "w", "{}");
            areTwo(play("[{'function':{'name':'w'}}]", "[{'function':{'name':'t'}}]"), "{}", "t", "{}");
        }

        @Test
        void mayBeZeroForAllCallsWithOrWithoutIds() throws IOException {
            areTwo(
                    play(
                            "[{'index':0,'id':'','function':{'name':'w','arguments':'{\\'c\\':1}'}}]",
                            "[{'index':0,'id':'','function':{'name':'w','arguments':'{\\'c\\':2}'}}]"),
                    "{\"c\":1}",
                    "w",
                    "{\"c\":2}");
            areTwo(
                    play(
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':''}}]",
                            "[{'index':0,'id':'b','function':{'name':'w','arguments':''}}]"),
                    "{}",
                    "w",
                    "{}");
            areTwo(
                    play(
                            "[{'index':0,'id':'a','function':{'name':'w','arguments':'{\\'c\\':1}'}}]",
                            "[{'index':0,'id':'b'}]",
                            "[{'index':0,'function':{'name':'t'}}]",
                            "[{'index':0,'function':{'arguments':'{}'}}]"),
                    "{\"c\":1}",
                    "t",
                    "{}");
        }
    }

    @Nested
    class TheList {

        @Test
        void isToldInTheOrderInWhichItsCallsBegan() throws IOException {
            assertThat(play(
                                    "[{'index':0,'id':'a','function':{'name':'w'}}]",
                                    "[{'index':1,'id':'b','function':{'name':'t','arguments':'{}'}}]")
                            .events())
                    .filteredOn(ToolInputStart.class::isInstance)
                    .containsExactly(new ToolInputStart("a", "w"), new ToolInputStart("b", "t"));
        }

        /// TGI
        @Test
        void mayBeASingleCall() throws IOException {
            are(
                    play(
                            "{'index':0,'id':'a','type':'function','function':{'name':'w','arguments':'{'}}",
                            "{'index':0,'id':'a','type':'function','function':{'name':'w','arguments':'}'}}"),
                    new ToolInput("a", "w", "{}"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"null", "[]", "{}", "[{}]", "[null]", "[{'index':0}]", "[{'index':0,'function':{}}]"})
        void mayHoldNothing(String nothing) throws IOException {
            are(
                    play(nothing, "[{'index':0,'id':'a','function':{'name':'w','arguments':'{}'}}]", nothing),
                    new ToolInput("a", "w", "{}"));
        }

        @Test
        void mayHoldCallsWithoutTheirFunction() throws IOException {
            are(play("[{'index':0,'id':'a','name':'w','arguments':{'c':1}}]"), new ToolInput("a", "w", "{\"c\":1}"));
        }
    }

    @Test
    void theOldProtocolsOneCallIsACallToo() throws IOException {
        String piece = "data: {\"choices\":[{\"delta\":{\"function_call\":%s}}]}\n\n";
        Asked asked = Asked.play(
                OPENAI,
                piece.formatted("{\"name\":\"w\",\"arguments\":\"\"}")
                        + piece.formatted("{\"arguments\":\"{\\\"c\\\":\"}")
                        + piece.formatted("{\"arguments\":\"1}\"}")
                        + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"function_call\"}]}\n\n");

        assertThat(asked.finish().reason()).isEqualTo(FinishReason.TOOL_CALLS);
        assertThat(asked.calls()).extracting(ToolInput::toolName).isEqualTo(List.of("w"));
        assertThat(asked.calls()).extracting(ToolInput::input).isEqualTo(List.of("{\"c\":1}"));
    }
}
