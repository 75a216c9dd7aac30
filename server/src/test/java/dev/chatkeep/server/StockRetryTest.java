package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What goes wrong in a page, with the chats of several versions of the AI SDK as they come from npm: a
/// message that
/// never arrives and is tried again, a stop and a message right behind it, an answer that fails, a tool call
/// that is
/// broken off. On one server, and with two that answer a page in turn.
class StockRetryTest {

    private static final String[] SETTINGS = {"chatkeep.free-messages.limit=100000"};
    private static TestServer one;
    private static TestServer two;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        NodePrograms.STOCK.install();
        one = TestServer.answering(new CuedModel(), SETTINGS);
        two = TestServer.answering(new CuedModel(), one.database(), SETTINGS);
        // A server tells another nothing before it knows of it.
        await().untilAsserted(() -> assertThat(one.database().count("node")).isEqualTo(2));
    }

    @AfterAll
    static void stop() {
        try (TestServer _ = one;
                TestServer _ = two) {
            // Closing is all there is to do.
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ai-5.0.0", "ai-5", "ai-6.0.0", "ai-6", "ai-7"})
    void aPageWithThisVersionGetsOverWhatGoesWrong(String client) throws IOException, InterruptedException {
        NodePrograms.STOCK.run("versions.mjs", "retries,stops,endings,calls", client, one.url());
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"ai-5.0.0", "ai-5", "ai-6.0.0", "ai-6", "ai-7"})
    void aPageThatTwoServersAnswerGetsOverItToo(String client) throws IOException, InterruptedException {
        NodePrograms.STOCK.run("versions.mjs", "retries,stops", client, one.url() + "," + two.url());
    }

    @Tag("slow")
    @ParameterizedTest
    @CsvSource({"@ai-sdk/react-2, ai-5", "@ai-sdk/react-3, ai-6", "@ai-sdk/react-4, ai-7"})
    void aPageWithThisHookGetsOverItToo(String hook, String client) throws IOException, InterruptedException {
        NodePrograms.STOCK.run("dom.mjs", "retries,stops", hook, client, one.url());
    }
}
