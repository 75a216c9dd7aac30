package dev.chatkeep.server;

import dev.chatkeep.run.ModelEvent;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A picture that a model made, read by several versions of the AI SDK as they come from npm.
class ModelFileClientTest {

    private static TestServer server;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        NodePrograms.STOCK.install();
        server = TestServer.answering(Scripts.says(
                new ModelEvent.TextDelta("Look:"),
                new ModelEvent.File("image/png", "data:image/png;base64,iVBORw0KGgo="),
                new ModelEvent.TextDelta("A cat."),
                Scripts.STOP));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ai-5.0.0", "ai-5", "ai-6.0.0", "ai-6", "ai-7"})
    void thisVersionReadsItAsItIsStored(String client) throws IOException, InterruptedException {
        NodePrograms.STOCK.run("model-files.mjs", client, server.url());
    }
}
