package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.message.Role;
import dev.chatkeep.run.Prompt;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class WindowTest {

    @Test
    void aModelIsShownTheNewestThatFitsAndTheBytesReadDoNotGrowWithTheChat() throws Exception {
        AtomicReference<Prompt> seen = new AtomicReference<>();
        TestDatabase database = TestDatabase.create();
        try (TestProxy proxy = new TestProxy(database.port());
                TestServer server = TestServer.answering(
                        (prompt, cancellation, sink) -> {
                            seen.set(prompt);
                            sink.accept(Scripts.STOP);
                        },
                        database.behind(proxy.port()))) {
            Api api = server.guest();
            api.say("short", "m", "first");
            api.say("long", "m", "first");
            grow(database, "short", 100);
            grow(database, "long", 5_000);
            api.say("long", "warm", "up");
            api.say("short", "warm", "up");

            long before = proxy.bytesFromDatabase();
            api.say("short", "q", "And now?");
            long shortChat = proxy.bytesFromDatabase() - before;
            before = proxy.bytesFromDatabase();
            api.say("long", "q", "And now?");
            long longChat = proxy.bytesFromDatabase() - before;

            assertThat(longChat).isLessThan(shortChat * 3 / 2);
            assertThat(longChat).isLessThan(100_000);
            assertThat(seen.get().turns().getFirst().role()).isEqualTo(Role.USER);
            assertThat(seen.get().turns().getLast().toString()).contains("And now?");
            assertThat(seen.get().turns()).hasSizeBetween(5, 40);
        }
    }

    /// Puts `count` messages of about 200 bytes each, 1,000 tokens hold some 15 of them, between the first two and
    /// what follows.
    private static void grow(TestDatabase database, String chatId, int count) {
        UUID user = database.sql()
                .sql("select user_id from chatkeep.chat where id = :chat")
                .param("chat", chatId)
                .query(UUID.class)
                .single();
        database.sql()
                .sql("""
                insert into chatkeep.message
                    (user_id, chat_id, branch, pos, id, role, status, parts, created_at)
                select :user, :chat, 0, n, 'g' || n, case n % 2 when 0 then 'assistant' else 'user' end, 'complete',
                    jsonb_build_array(jsonb_build_object('type', 'text', 'text', repeat('word ', 40) || n)), now()
                from generate_series(3, :count + 2) n
                """)
                .param("user", user)
                .param("chat", chatId)
                .param("count", count)
                .update();
        database.sql()
                .sql("""
                update chatkeep.chat set path = array[[0, 1, :count + 2]], stored_messages = :count + 2
                where user_id = :user and id = :chat
                """)
                .param("user", user)
                .param("chat", chatId)
                .param("count", count)
                .update();
    }
}
