package dev.chatkeep.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.chatkeep.ChatkeepException;
import dev.chatkeep.TestDatabase;
import dev.chatkeep.chat.Path;
import dev.chatkeep.chat.Path.Segment;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessagesTest {

    private static final TestDatabase DATABASE = TestDatabase.create();

    /// Branch 0 has pos 1 to 9, branch 1 has 5 to 8; shown are 0:1-4, 1:5-6, 0:7-9.
    private static final Path PATH =
            new Path(List.of(new Segment(0, 1, 4), new Segment(1, 5, 6), new Segment(0, 7, 9)));

    private static final List<String> SHOWN =
            List.of("b0-1", "b0-2", "b0-3", "b0-4", "b1-5", "b1-6", "b0-7", "b0-8", "b0-9");

    private final Messages messages = new Messages(DATABASE.database(), InstantSource.system());
    private final UUID user = DATABASE.newUser();

    private void chat(String id, String path) {
        DATABASE.sql()
                .sql("""
                        insert into chatkeep.chat (user_id, id, created_at, updated_at, path)
                        values (:user, :chat, now(), now(), :path::int[])
                        """)
                .param("user", user)
                .param("chat", id)
                .param("path", path)
                .update();
    }

    private void rows(String chat, int branch, int first, int last, String text) {
        DATABASE.sql()
                .sql("""
                        insert into chatkeep.message (user_id, chat_id, branch, pos, id, role, status, parts, created_at)
                        select :user, :chat, :branch, i, 'b' || :branch || '-' || i, 'user', 'complete',
                            jsonb_build_array(jsonb_build_object('type', 'text', 'text', :text::text)), now()
                        from generate_series(:first, :last) i
                        """)
                .param("user", user)
                .param("chat", chat)
                .param("branch", branch)
                .param("first", first)
                .param("last", last)
                .param("text", text)
                .update();
    }

    private void branchedChat() {
        chat("c", PATH.literal());
        rows("c", 0, 1, 9, "hello");
        rows("c", 1, 5, 8, "hello");
        chat("other", "{{0,1,9}}");
        rows("other", 0, 1, 9, "of another chat");
    }

    private List<String> page(int limit, int offset, boolean newestFirst) {
        History history = messages.history(user, "c", new History.Page(limit, offset, newestFirst, null));
        assertThat(history.total()).isEqualTo(SHOWN.size());
        return history.messages().stream().map(Message::id).toList();
    }

    private static List<String> cut(List<String> all, int limit, int offset) {
        return all.subList(Math.min(offset, all.size()), Math.min(offset + limit, all.size()));
    }

    @Nested
    class AHistory {

        @Test
        void isWhatThePathShowsAndNothingElse() {
            branchedChat();
            assertThat(page(100, 0, false)).isEqualTo(SHOWN);
            assertThat(page(100, 0, true)).isEqualTo(SHOWN.reversed());
        }

        /// Every page there is, so that each border of a segment is the first, the last and the middle of one.
        @Test
        void hasTheSamePagesAsTheWholeListCut() {
            branchedChat();
            List<String> newestFirst = new ArrayList<>(SHOWN);
            Collections.reverse(newestFirst);
            for (int limit = 1; limit <= 10; limit++) {
                for (int offset = 0; offset <= 11; offset++) {
                    assertThat(page(limit, offset, false))
                            .as("limit %d offset %d", limit, offset)
                            .isEqualTo(cut(SHOWN, limit, offset));
                    assertThat(page(limit, offset, true))
                            .as("newest, limit %d offset %d", limit, offset)
                            .isEqualTo(cut(newestFirst, limit, offset));
                }
            }
        }

        @Test
        void farBeyondTheEndIsEmptyAndStillKnowsTheTotal() {
            branchedChat();
            assertThat(page(200, Integer.MAX_VALUE, false)).isEmpty();
            assertThat(page(200, Integer.MAX_VALUE, true)).isEmpty();
        }

        @Test
        void ofAnEmptyChatIsTheChatAlone() {
            chat("c", "{{0,1,0}}");
            for (boolean newestFirst : new boolean[] {true, false}) {
                History history = messages.history(user, "c", new History.Page(10, 0, newestFirst, null));
                assertThat(history.messages()).isEmpty();
                assertThat(history.total()).isZero();
                assertThat(history.chat().id()).isEqualTo("c");
            }
        }

        /// As when the first message of a chat is edited.
        @Test
        void mayBeginWithASegmentOfNothing() {
            chat("c", "{{0,1,0},{1,1,3}}");
            rows("c", 0, 1, 2, "hello");
            rows("c", 1, 1, 3, "hello");
            History history = messages.history(user, "c", new History.Page(2, 1, false, null));
            assertThat(history.messages()).extracting(Message::id).containsExactly("b1-2", "b1-3");
            assertThat(history.total()).isEqualTo(3);
        }

        @Test
        void showsNoPartsOfAMessageThatIsBeingWritten() {
            branchedChat();
            setStatus(9, "streaming");
            Message last = messages.history(user, "c", new History.Page(1, 0, true, null))
                    .messages()
                    .getFirst();
            assertThat(last.status()).isEqualTo(Status.STREAMING);
            assertThat(last.parts().tree()).isEmpty();
        }

        @Test
        void ofAMissingAForeignAndADeletedChatAreRefused() {
            branchedChat();
            assertThatExceptionOfType(ChatkeepException.NotFound.class)
                    .isThrownBy(() -> messages.history(user, "none", new History.Page(10, 0, false, null)));
            assertThatExceptionOfType(ChatkeepException.NotFound.class)
                    .isThrownBy(() -> messages.history(DATABASE.newUser(), "c", new History.Page(10, 0, false, null)));
            DATABASE.sql()
                    .sql("update chatkeep.chat set is_deleted = true, deleted_at = now() where user_id = :user")
                    .param("user", user)
                    .update();
            assertThatExceptionOfType(ChatkeepException.Gone.class)
                    .isThrownBy(() -> messages.history(user, "c", new History.Page(10, 0, false, null)));
        }
    }

    private void setStatus(int pos, String status) {
        DATABASE.sql()
                .sql("""
                        update chatkeep.message set status = :status
                        where user_id = :user and chat_id = 'c' and branch = 0 and pos = :pos
                        """)
                .param("status", status)
                .param("user", user)
                .param("pos", pos)
                .update();
    }

    @Nested
    class TheNewestBefore {

        private List<String> before(int pos, int rows, long bytes) {
            return messages.newestBefore(user, "c", PATH, pos, rows, bytes).stream()
                    .map(placed -> placed.message().id())
                    .toList();
        }

        @ParameterizedTest
        @CsvSource({"10,100", "10,4", "9,3", "8,100", "7,2", "7,3", "6,100", "5,1", "5,9", "2,5", "1,5", "99,100"})
        void runsOverTheShownSegmentsNewestFirst(int pos, int rows) {
            branchedChat();
            List<String> shown =
                    SHOWN.subList(0, Math.min(pos - 1, SHOWN.size())).reversed();
            assertThat(before(pos, rows, 1_000_000)).isEqualTo(cut(shown, rows, 0));
        }

        @Test
        void knowsWhereEachStands() {
            branchedChat();
            assertThat(messages.newestBefore(user, "c", PATH, 8, 3, 1_000_000))
                    .extracting(Messages.Placed::pos)
                    .containsExactly(7, 6, 5);
        }

        @Test
        void leavesOutWhatIsBeingWritten() {
            branchedChat();
            setStatus(9, "streaming");
            assertThat(before(10, 2, 1_000_000)).containsExactly("b0-8");
        }

        /// A text of hex digits, which hardly gets smaller in the table.
        @Test
        void endsWithTheMessageThatFillsTheBytes() {
            branchedChat();
            setText(random(10_000));
            assertThat(before(10, 100, 1)).hasSize(1);
            assertThat(before(10, 100, 5_000)).hasSize(1);
            assertThat(before(10, 100, 25_000)).hasSizeBetween(3, 5).startsWith("b0-9", "b0-8", "b0-7");
        }

        /// What counts is what comes out of the table: else a small window could read many megabytes.
        @Test
        void countsTheBytesOfATextThatIsSmallInTheTable() {
            branchedChat();
            setText("x".repeat(100_000));
            assertThat(before(10, 100, 250_000)).hasSize(3);
        }

        private void setText(String text) {
            DATABASE.sql().sql("""
                            update chatkeep.message
                            set parts = jsonb_build_array(jsonb_build_object('type', 'text', 'text', :text::text))
                            where user_id = :user
                            """).param("text", text).param("user", user).update();
        }

        private String random(int length) {
            StringBuilder text = new StringBuilder();
            while (text.length() < length) {
                text.append(UUID.randomUUID());
            }
            return text.substring(0, length);
        }
    }

    @Nested
    class APlace {

        @Test
        void holdsOneMessageShownOrNot() {
            branchedChat();
            assertThat(messages.at(user, "c", 1, 8)).map(Message::id).contains("b1-8");
            assertThat(messages.at(user, "c", 1, 9)).isEmpty();
            assertThat(messages.at(DATABASE.newUser(), "c", 1, 8)).isEmpty();
        }
    }
}
