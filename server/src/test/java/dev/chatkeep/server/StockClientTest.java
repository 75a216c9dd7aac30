package dev.chatkeep.server;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The whole server, and all that an application does with a chat: it asks, edits, has another answer, stops, is
/// reloaded and goes on reading. By several versions of the AI SDK as they come from npm, each of which must show in
/// the end what is stored.
class StockClientTest {

    private static TestServer server;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        NodePrograms.STOCK.install();
        server = TestServer.start("chatkeep.openai.api-key=", "chatkeep.openai.base-url=");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ai-5.0.0", "ai-5", "ai-6.0.0", "ai-6", "ai-7"})
    void aChatOfThisVersionShowsWhatIsStored(String client) throws IOException, InterruptedException {
        NodePrograms.STOCK.run("versions.mjs", "journeys", client, server.url());
    }

    @ParameterizedTest
    @CsvSource({"@ai-sdk/react-2, ai-5", "@ai-sdk/react-3, ai-6", "@ai-sdk/react-4, ai-7"})
    void aPageWithThisHookShowsWhatIsStored(String hook, String client) throws IOException, InterruptedException {
        NodePrograms.STOCK.run("dom.mjs", "journeys", hook, client, server.url());
    }
}
