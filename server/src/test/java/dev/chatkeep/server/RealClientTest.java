package dev.chatkeep.server;

import dev.chatkeep.server.NodePrograms.Aimock;
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
        NodePrograms.install();
    }

    @Nested
    class WithTheDemoModel {

        @Test
        void theMessageAClientReadsIsTheMessageThatIsStored() throws IOException, InterruptedException {
            try (TestServer server = TestServer.start("chatkeep.openai.api-key=", "chatkeep.openai.base-url=")) {
                NodePrograms.run("demo.mjs", server.url());
            }
        }
    }

    @Nested
    class WithAProvider {

        private static Aimock provider;
        private static TestServer server;

        @BeforeAll
        static void start() throws IOException {
            provider = Aimock.start();
            server = TestServer.start(
                    "chatkeep.openai.base-url=" + provider.url() + "/v1",
                    "chatkeep.openai.api-key=none",
                    "chatkeep.model=gpt-5");
        }

        @AfterAll
        static void stop() {
            try (Aimock _ = provider;
                    TestServer _ = server) {
                // Closing is all there is to do, of the one even when the other fails or never began.
            }
        }

        @Test
        void textAndReasoningAreStoredAsTheClientReadThem() throws IOException, InterruptedException {
            NodePrograms.run("provider.mjs", server.url(), provider.url());
        }

        @Test
        void aToolCallIsStoredAsTheClientReadItWhateverItsArgumentsAre() throws IOException, InterruptedException {
            NodePrograms.run("tools.mjs", server.url(), provider.url());
        }

        @Test
        void anAnswerThatFailsIsStoredAsFarAsTheClientReadIt() throws IOException, InterruptedException {
            NodePrograms.run("failures.mjs", server.url(), provider.url());
        }
    }
}
