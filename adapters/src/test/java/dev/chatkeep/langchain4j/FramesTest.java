package dev.chatkeep.langchain4j;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.chatkeep.langchain4j.Frames.Frame;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Flow;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Bytes and the frames they hold, wherever the network cuts them.
class FramesTest {

    private static final String MARK = "\uFEFF";

    private static Body body(List<byte[]> pieces) {
        long soon = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        Body body = new Body(HttpHeaders.of(Map.of(), (_, _) -> true), soon, Duration.ofSeconds(5));
        body.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long n) {}

            @Override
            public void cancel() {}
        });
        pieces.forEach(piece -> body.onNext(List.of(ByteBuffer.wrap(piece))));
        body.onComplete();
        return body;
    }

    private static List<Frame> all(Frames frames) throws IOException, InterruptedException {
        List<Frame> all = new ArrayList<>();
        for (Frame frame = frames.next(); frame != null; frame = frames.next()) {
            all.add(frame);
        }
        return all;
    }

    private static List<Frame> events(byte[]... pieces) throws IOException, InterruptedException {
        return all(Frames.ofEvents(body(List.of(pieces))));
    }

    private static List<Frame> lines(String text) throws IOException, InterruptedException {
        return all(Frames.ofLines(body(List.of(text.getBytes(UTF_8)))));
    }

    private static Frame data(String data) {
        return new Frame(null, data);
    }

    private static Arguments form(String what, String text, Frame... frames) {
        return Arguments.of(what, text, List.of(frames));
    }

    static Stream<Arguments> forms() {
        return Stream.of(
                form("an event", "data: {\"a\":1}\n\n", data("{\"a\":1}")),
                form("without a blank", "data:{\"a\":1}\n\n", data("{\"a\":1}")),
                form("with many blanks", "data:   {\"a\":1}  \n\n", data("{\"a\":1}")),
                form("without its empty line", "data: {\"a\":1}\n", data("{\"a\":1}")),
                form("without its line end", "data: {\"a\":1}", data("{\"a\":1}")),
                form("with CRLF", "data: {\"a\":1}\r\n\r\ndata: {}\r\n\r\n", data("{\"a\":1}"), data("{}")),
                form("with CR", "data: {\"a\":1}\r\rdata: {}\r\r", data("{\"a\":1}"), data("{}")),
                form("CR and LF mixed", "data: {\"a\":1}\r\n\rdata: {}\n\r\n", data("{\"a\":1}"), data("{}")),
                form("with a mark", MARK + "data: {\"a\":1}\n\n", data("{\"a\":1}")),
                form(
                        "with a mark in it",
                        "data: {}\n\n" + MARK + "data: " + MARK + "{\"a\":1}\n\n",
                        data("{}"),
                        data("{\"a\":1}")),
                form("named", "event: error\ndata: {}\n\ndata: {}\n\n", new Frame("error", "{}"), data("{}")),
                form("named, mark first", MARK + "event:error\ndata: {}\n\n", new Frame("error", "{}")),
                form("named, no data", "event: error\n\nevent: ping\n\n", new Frame("error", "")),
                form("llama.cpp's error", "error: {\"code\":500}\n\n", new Frame("error", "{\"code\":500}")),
                form("the end", "data:  [DONE] \n\n", data("[DONE]")),
                form("in several lines", "data: {\"a\":\ndata: 1}\n\n", data("{\"a\":\n1}")),
                form(
                        "no empty lines",
                        "data: {\"a\":1}\ndata: {\"a\":2}\ndata: [DONE]\n",
                        data("{\"a\":1}"),
                        data("{\"a\":2}"),
                        data("[DONE]")),
                form(
                        "data twice",
                        "data: data: {\"a\":1}\n\ndata: data: [DONE]\n\n",
                        data("{\"a\":1}"),
                        data("[DONE]")),
                form("an array", "data: [{\"a\":1},{\"b\":[2,{}]}]\n\n", data("{\"a\":1}"), data("{\"b\":[2,{}]}")),
                form("comments and fields", ": hi\nid: 7\nretry: 5\ndata: {}\n\n:\n\n", data("{}")),
                form("cut by its empty line", "data: {\"a\":\n\ndata: {}\n\n", data("{\"a\":\n"), data("{}")),
                form("brackets in strings", "data: {\"a\":\"}]\\\"{\\\\\"}\n\n", data("{\"a\":\"}]\\\"{\\\\\"}")),
                form("not JSON", "data: Internal Server Error\n\n", data("Internal Server Error")),
                form("lines", "{\"a\":1}\n\n{\"a\":2}\n", data("{\"a\":1}"), data("{\"a\":2}")),
                form(
                        "a mark before lines",
                        MARK + "{\"a\":1}\n" + MARK + "{\"a\":2}\n",
                        data("{\"a\":1}"),
                        data("{\"a\":2}")),
                form("CR between lines", "{\"a\":1}\r{\"a\":2}\r", data("{\"a\":1}"), data("{\"a\":2}")),
                form("a body", "{\"a\":1}", data("{\"a\":1}")),
                form("a body behind empty lines", "\n\n  \r\n{\"a\":1}", data("{\"a\":1}")),
                form(
                        "a body in lines",
                        "{\n  \"a\": {\n    \"b\": 1\n\n  }\n}\n",
                        data("{\n  \"a\": {\n    \"b\": 1\n\n  }\n}")),
                form("a body and an end", "{\"a\":1}data: [DONE]\n\n", data("{\"a\":1}"), data("[DONE]")),
                form("bodies in a row", "{\"a\":1}{\"a\":2}", data("{\"a\":1}"), data("{\"a\":2}")),
                form(
                        "a body that is an array",
                        "[{\"a\":1}\n,\n{\"a\":2}\r\n]\n",
                        data("{\"a\":1}"),
                        data("{\"a\":2}")),
                form(
                        "JSON between events",
                        "data: {}\n\n{\"error\":\n{}}\ndata: {}\n\n",
                        data("{}"),
                        data("{\"error\":\n{}}"),
                        data("{}")),
                form("nothing", "", new Frame[0]),
                form("letters of several bytes", "data: {\"a\":\"Grüße 👋\"}\n\n", data("{\"a\":\"Grüße 👋\"}")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("forms")
    void aFormIsUnderstoodWhereverItIsCut(String what, String text, List<Frame> frames) throws Exception {
        byte[] bytes = text.getBytes(UTF_8);
        for (int i = 0; i <= bytes.length; i++) {
            byte[] head = Arrays.copyOf(bytes, i);
            byte[] rest = Arrays.copyOfRange(bytes, i, bytes.length);
            assertThat(events(head, rest)).as("cut at %s", i).isEqualTo(frames);
        }
        byte[][] single = new byte[bytes.length][];
        for (int i = 0; i < bytes.length; i++) {
            single[i] = new byte[] {bytes[i]};
        }
        assertThat(events(single)).isEqualTo(frames);
    }

    @Test
    void aLineEndThatIsACarriageReturnEndsItsEventAtOnce() throws Exception {
        List<byte[]> pieces = new ArrayList<>(List.of("data: {}\r\r".getBytes(UTF_8)));
        Body body = body(pieces);

        assertThat(Frames.ofEvents(body).next()).isEqualTo(data("{}"));
    }

    @Test
    void fromTheSecondLineOnALineIsAWholeFrame() throws Exception {
        assertThat(lines("{\n\"a\":1}\n{\"b\":\n{\"c\":1}\n"))
                .containsExactly(data("{\n\"a\":1}"), data("{\"b\":\n"), data("{\"c\":1}"));
    }

    @Test
    void linesMayComeAsEvents() throws Exception {
        assertThat(lines("data: {\"a\":1}\n\ndata: {\"b\":\ndata: 2}\n\n"))
                .containsExactly(data("{\"a\":1}"), data("{\"b\":\n2}"));
    }

    @Test
    void whatIsNoFrameIsKeptAsWords() throws Exception {
        Frames frames =
                Frames.ofEvents(body(List.of("data: {}\n\nupstream error: read ECONNRESET\n<html>\n".getBytes(UTF_8))));

        assertThat(all(frames)).containsExactly(data("{}"));
        assertThat(frames.words()).isEqualTo("upstream error: read ECONNRESET <html>");
    }

    @Test
    void wordsWithoutEndAreKeptInPart() throws Exception {
        Frames frames =
                Frames.ofEvents(body(List.of("rate limit\n".repeat(100_000).getBytes(UTF_8))));

        assertThat(all(frames)).isEmpty();
        assertThat(frames.words()).startsWith("rate limit rate limit").hasSizeLessThan(2_100);
    }

    @ParameterizedTest
    @MethodSource
    void anEndInsideAFrameIsACut(String text) {
        assertThatThrownBy(() -> events(text.getBytes(UTF_8))).isInstanceOf(IOException.class);
    }

    static Stream<String> anEndInsideAFrameIsACut() {
        return Stream.of("{\"a\":1", "[{\"a\":1},", "data: {\"a\":\"", "data: {\"a\":\"1\n");
    }

    @Test
    void anObjectOfManyLinesIsRefusedBeforeItFillsTheMemory() {
        byte[] line = ("\"" + "x".repeat(1 << 20) + "\",\n").getBytes(UTF_8);
        List<byte[]> pieces = new ArrayList<>(List.of("{\"a\":[\n".getBytes(UTF_8)));
        for (int i = 0; i < 9; i++) {
            pieces.add(line);
        }

        assertThatThrownBy(() -> all(Frames.ofEvents(body(pieces)))).hasMessageContaining("longer than");
    }

    @Test
    void theElementsOfALongArrayAreFramesOfTheirOwn() throws Exception {
        byte[] element = ("{\"a\":\"" + "x".repeat(1 << 20) + "\"},\n").getBytes(UTF_8);
        List<byte[]> pieces = new ArrayList<>(List.of("[\n".getBytes(UTF_8)));
        for (int i = 0; i < 9; i++) {
            pieces.add(element);
        }
        pieces.add("{}]".getBytes(UTF_8));

        assertThat(all(Frames.ofEvents(body(pieces)))).hasSize(10);
    }

    @Test
    void aLineOfManyObjectsIsReadOneByOneInNoTime() throws Exception {
        Frames frames = Frames.ofEvents(body(List.of("{},".repeat(1_000_000).getBytes(UTF_8))));

        assertThat(all(frames)).hasSize(1_000_000);
    }

    @Test
    void aLineOfObjectsAndFieldsInTurnIsNotReadAgainAndAgain() throws Exception {
        Frames frames = Frames.ofEvents(body(List.of("{}data:".repeat(1_000_000).getBytes(UTF_8))));

        assertThat(all(frames)).hasSizeLessThan(5);
    }
}
