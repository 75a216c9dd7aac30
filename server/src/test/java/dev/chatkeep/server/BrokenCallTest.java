package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.run.Cancellation;
import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException;
import dev.chatkeep.run.GenerationException.Kind;
import dev.chatkeep.run.ModelEvent;
import dev.chatkeep.run.Prompt;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A tool call whose arguments were cut, at any place, or are no JSON: what a client of any version holds of
/// it is what is stored.
class BrokenCallTest {

    private static final List<String> ARGUMENTS = List.of(
            "{\"city\":\"Paris\",\"days\":[1,2.5,-3e2],\"at\":null,\"ok\":true,\"not\":false}",
            "{ \"a\" : { \"b\" : [ { \"c\" : \"d\\\"e\\\\f\\u00e9\\n\" } ] } , \"x\" : [[],{}] }",
            "[0,\"two\",{\"three\":[false,[null]]},-0.5E+1]",
            "\"just a text \\ud83d\\ude00 with \uD83D\uDC3B\"",
            "{\"\":\"\",\" \":\"\\t\",\"a\":1,\"a\":2}",
            "-12.5e+3",
            "true");
    private static final List<String> NO_JSON = List.of(
            "{\"city\": Paris}",
            "{city:\"Paris\"}",
            "{\"city\":\"Paris\"}}",
            "{\"city\":\"Paris\"} and more",
            "Paris",
            "{'city':'Paris'}",
            "{\"n\":01}",
            "{\"n\":1,}",
            "[1,,2]",
            "{\"a\":\"line\nbreak\"}",
            "\uFEFF{\"a\":1}",
            "{\"n\":NaN}",
            "nul",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12\"}",
            "{\"a\":1e400}",
            "{\"a\":\"\\ud83d\"}",
            "{\"a\":\"\\ud83d\\u0041\"}");

    private static TestServer server;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        NodePrograms.STOCK.install();
        server = TestServer.answering(BrokenCallTest::answer);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static void answer(Prompt prompt, Cancellation cancellation, Consumer<? super ModelEvent> sink)
            throws GenerationException {
        boolean isCut = prompt.turns().getLast().parts().toString().contains("cut");
        List<String> arguments = isCut ? beginnings() : NO_JSON;
        for (int i = 0; i < arguments.size(); i++) {
            String id = "call_" + i;
            sink.accept(new ModelEvent.ToolInputStart(id, "locate"));
            sink.accept(new ModelEvent.ToolInputDelta(id, arguments.get(i)));
            if (!isCut) {
                sink.accept(new ModelEvent.ToolInput(id, "locate", arguments.get(i)));
            }
        }
        if (isCut) {
            throw new GenerationException(Kind.BROKEN, "in the middle of all calls");
        }
        sink.accept(new ModelEvent.Finish(FinishReason.TOOL_CALLS, new ModelEvent.Usage(1, 1)));
    }

    private static List<String> beginnings() {
        var beginnings = new ArrayList<String>();
        for (String text : ARGUMENTS) {
            for (int length = 0; length <= text.length(); length++) {
                beginnings.add(text.substring(0, length));
            }
        }
        return beginnings;
    }

    @ParameterizedTest
    @ValueSource(strings = {"ai-5.0.0", "ai-5", "ai-6.0.0", "ai-6", "ai-7"})
    void aClientOfThisVersionHoldsWhatIsStored(String client) throws IOException, InterruptedException {
        assertSame(client, "cut", beginnings().size());
        assertSame(client, "misspelt", NO_JSON.size());
    }

    private static void assertSame(String client, String question, int calls) throws IOException, InterruptedException {
        Api user = server.guest();
        String live = user.post("/api/chat", Api.turn("c", "m1", question)).text();
        String again = user.post("/api/chat", Api.turn("c", "m1", question)).text();
        JsonNode stored = user.chat("c").path("messages").get(1).path("parts");
        ArrayNode pairs = JsonMapper.shared().createArrayNode();
        for (String stream : List.of(live, again)) {
            pairs.addObject().put("stream", stream).set("stored", stored);
        }

        for (JsonNode pair : NodePrograms.STOCK.ask("reads.mjs", client, pairs)) {
            List<JsonNode> read = calls(pair.path("read"));
            List<JsonNode> kept = calls(pair.path("stored"));
            assertThat(read).hasSize(calls).isEqualTo(kept);
        }
    }

    /// Which of the calls is whose provider's, old clients forget.
    private static List<JsonNode> calls(JsonNode parts) {
        return parts.valueStream()
                .filter(part -> part.path("type").asString("").equals("dynamic-tool"))
                .<JsonNode>map(part -> ((ObjectNode) part).without("providerExecuted"))
                .toList();
    }
}
