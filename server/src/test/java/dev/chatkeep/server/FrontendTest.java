package dev.chatkeep.server;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The whole server, and pages made of the very lines that the documents show: behind the servers that they are
/// developed with, in a real browser, with the settings that the documents name.
@Tag("slow")
class FrontendTest {

    private static final String OTHER_NAME = "app.example.test";
    private static TestServer server;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        NodePrograms.FRONTENDS.install();
        server = TestServer.answering(
                new CuedModel(), "server.forward-headers-strategy=native", "chatkeep.hosts=" + OTHER_NAME);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void eachLineOfAPageInTheDocumentsCompiles() throws IOException, InterruptedException {
        NodePrograms.FRONTENDS.run("types.mjs");
    }

    @ParameterizedTest
    @ValueSource(strings = {"vite", "vite-7"})
    void aPageBehindViteDoesWhatTheDocumentsSay(String version) throws IOException, InterruptedException {
        NodePrograms.FRONTENDS.run("vite.mjs", version, server.url());
    }

    @Test
    void aPageBehindNextDoesWhatTheDocumentsSay() throws IOException, InterruptedException {
        NodePrograms.FRONTENDS.run("next.mjs", server.url(), OTHER_NAME);
    }

    @Test
    void anAnswerStreamsThroughAProxyThatCompresses() throws IOException, InterruptedException {
        NodePrograms.FRONTENDS.run("express.mjs", server.url());
    }
}
