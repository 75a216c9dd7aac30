package dev.chatkeep.server;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The whole server, and the client people really use: the `ai` package as it comes from npm. What its message
/// holds after reading a stream, and what the store holds, must be equal field by field.
///
/// Each program checks several claims side by side and says which of them does not hold.
class RealClientTest {

    @BeforeAll
    static void install() throws IOException, InterruptedException {
        NodePrograms.CLIENTS.install();
    }

    @Nested
    class WithTheDemoModel {

        @Test
        void theMessageAClientReadsIsTheMessageThatIsStored() throws IOException, InterruptedException {
            try (TestServer server = TestServer.start("chatkeep.openai.api-key=", "chatkeep.openai.base-url=")) {
                NodePrograms.CLIENTS.run("demo.mjs", server.url());
            }
        }
    }

    @Nested
    class WithAProvider {

        private static NodePrograms.Started provider;
        private static TestServer server;

        @BeforeAll
        static void start() throws IOException {
            provider = NodePrograms.CLIENTS.start("aimock.mjs");
            server = TestServer.start(
                    "chatkeep.openai.base-url=" + providerUrl() + "/v1",
                    "chatkeep.openai.api-key=none",
                    "chatkeep.model=gpt-5");
        }

        private static String providerUrl() {
            return provider.said().path("url").stringValue();
        }

        @AfterAll
        static void stop() {
            try (NodePrograms.Started _ = provider;
                    TestServer _ = server) {
                // Closing is all there is to do, of the one even when the other fails or never began.
            }
        }

        @Test
        void textAndReasoningAreStoredAsTheClientReadThem() throws IOException, InterruptedException {
            NodePrograms.CLIENTS.run("provider.mjs", server.url(), providerUrl());
        }

        @Test
        void aToolCallIsStoredAsTheClientReadItWhateverItsArgumentsAre() throws IOException, InterruptedException {
            NodePrograms.CLIENTS.run("tools.mjs", server.url(), providerUrl());
        }

        @Test
        void anAnswerThatFailsIsStoredAsFarAsTheClientReadIt() throws IOException, InterruptedException {
            NodePrograms.CLIENTS.run("failures.mjs", server.url(), providerUrl());
        }
    }
}
