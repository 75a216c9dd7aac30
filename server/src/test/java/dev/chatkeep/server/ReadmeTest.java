package dev.chatkeep.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.Chatkeep;
import dev.chatkeep.chat.ChatFilter;
import dev.chatkeep.chat.ChatList;
import dev.chatkeep.message.History;
import dev.chatkeep.message.MessageInput;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.run.DemoGenerator;
import dev.chatkeep.run.Model;
import dev.chatkeep.run.Replies;
import dev.chatkeep.run.ReplyLog;
import dev.chatkeep.run.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

class ReadmeTest {

    private static final Path README = Path.of("..", "README.md");

    /// Only the address differs: the server of this test is not on port 8080.
    @Test
    void theCurlLinesWorkAsTheyStand() throws IOException, InterruptedException {
        String shell = block("sh", "CHATKEEP=http://127.0.0.1:8080\n");
        try (TestServer server = TestServer.start("chatkeep.openai.api-key=", "chatkeep.openai.base-url=")) {
            Process process = new ProcessBuilder("bash", "-euc", shell.replace("http://127.0.0.1:8080", server.url()))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);

            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(output).isZero();
            assertThat(output)
                    .contains("\"type\":\"finish\"", "data: [DONE]")
                    .contains("\"status\":\"complete\"", "\"totalMessages\":2");
        }
    }

    @Test
    void theJavaLinesCompileAndWork() throws IOException {
        try (Chatkeep opened = run(TestDatabase.create().source())) {
            assertThat(opened).isNotNull();
        }
        String self = Files.readString(Path.of("src/test/java/dev/chatkeep/server/ReadmeTest.java"));
        List<String> lines = block("java", "").lines().map(ReadmeTest::folded).toList();

        assertThat(lines).hasSize(8).allSatisfy(line -> assertThat(folded(self)).contains(line));
    }

    private static Chatkeep run(DataSource dataSource) {
        Chatkeep chatkeep = Chatkeep.open(dataSource); // makes the schema "chatkeep", keeps one connection to listen
        UUID user = chatkeep.users().createGuest().id();
        Model model = new Model("demo", "demo", "Be brief.", 32_000, new DemoGenerator(Duration.ofMillis(5)));
        NewMessage question = MessageInput.read("message", "{\"role\":\"user\",\"content\":\"Hello\"}".getBytes(UTF_8));
        Replies.Answer answer = chatkeep.replies().answer(Turn.of(user, "chat-1", question, model));
        try {
            ReplyLog.Next chunks = answer.reader().next(Duration.ofSeconds(10)); // the stream, as it is written
            assertThat(chunks).isInstanceOf(ReplyLog.Next.Chunks.class);
        } catch (InterruptedException stopped) {
            throw new IllegalStateException(stopped);
        }
        ChatList chats = chatkeep.chats().list(user, ChatFilter.NONE, 50, null, 0);
        History history = chatkeep.messages().history(user, "chat-1", History.Page.oldest(100));
        assertThat(chats.chats()).hasSize(1);
        assertThat(history.messages()).hasSize(2);
        return chatkeep;
    }

    private static String folded(String text) {
        return text.replaceAll("\\s+", "");
    }

    private static String block(String language, String start) throws IOException {
        Matcher block = Pattern.compile("```" + language + "\n(" + Pattern.quote(start) + ".*?)```", Pattern.DOTALL)
                .matcher(Files.readString(README));
        assertThat(block.find()).isTrue();
        return block.group(1);
    }
}
