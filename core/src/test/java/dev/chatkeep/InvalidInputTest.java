package dev.chatkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.TooLarge;
import dev.chatkeep.chat.ChatFilter;
import dev.chatkeep.chat.ChatPatch;
import dev.chatkeep.db.Json;
import dev.chatkeep.message.History;
import dev.chatkeep.message.MessageInput;
import dev.chatkeep.message.NewMessage;
import dev.chatkeep.message.Role;
import dev.chatkeep.payment.Charge;
import dev.chatkeep.run.Ask;
import dev.chatkeep.run.Model;
import dev.chatkeep.run.Turn;
import dev.chatkeep.user.Identity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a Java caller may bring by mistake is refused before PostgreSQL sees it, with the field that is wrong.
class InvalidInputTest {

    private static final TestDatabase DATABASE = TestDatabase.create();
    private static final Chatkeep CHATKEEP = Chatkeep.open(DATABASE.source());
    private static final UUID USER = DATABASE.newUser();
    private static final ChatPatch NOTHING = new ChatPatch(null, null, null, null, null);
    private static final Model MODEL = new Model("m", "test", null, 1_000, (prompt, cancellation, sink) -> {});
    private static final String TEXT = "[{\"type\":\"text\",\"text\":\"hello\"}]";
    private static final String NUL = "a\0b";
    private static final String HALF = "a\ud800b";

    @BeforeAll
    static void fill() {
        CHATKEEP.chats().findOrCreate(USER, "c", NOTHING);
    }

    @AfterAll
    static void close() {
        CHATKEEP.close();
    }

    private static NewMessage message(String id, Role role, String parts) {
        return new NewMessage(id, role, new Json(parts), Json.EMPTY_ARRAY, null);
    }

    private static Turn turn(String chat, Ask ask, @Nullable String sandbox, @Nullable String key) {
        return new Turn(USER, chat, false, ask, MODEL, null, sandbox, Charge.NOTHING, null, key);
    }

    private static void assertInvalid(String field, Runnable call) {
        assertThatExceptionOfType(Invalid.class)
                .isThrownBy(call::run)
                .satisfies(invalid -> assertThat(invalid.field()).contains(field));
    }

    @Nested
    class AnId {

        static Stream<Consumer<String>> ofAChat() {
            return Stream.of(
                    id -> CHATKEEP.chats().get(USER, id),
                    id -> CHATKEEP.chats().findOrCreate(USER, id, NOTHING),
                    id -> CHATKEEP.chats().update(USER, id, NOTHING, null),
                    id -> CHATKEEP.chats().retitle(USER, id, "t"),
                    id -> CHATKEEP.chats().touch(USER, id),
                    id -> CHATKEEP.chats().delete(USER, id),
                    id -> CHATKEEP.chats().restore(USER, id),
                    id -> CHATKEEP.chats().deletePermanently(USER, id),
                    id -> CHATKEEP.messages().history(USER, id, History.Page.oldest(1)),
                    id -> CHATKEEP.messages().count(USER, id),
                    id -> CHATKEEP.messages().get(USER, id, "m"),
                    id -> CHATKEEP.messages().append(USER, id, List.of(message("m", Role.USER, TEXT))),
                    id -> CHATKEEP.messages().delete(USER, id, "m"),
                    id -> CHATKEEP.messages().deleteAll(USER, id),
                    id -> CHATKEEP.branches().siblings(USER, id, "m"),
                    id -> CHATKEEP.branches().show(USER, id, 0),
                    id -> CHATKEEP.branches().delete(USER, id, 0),
                    id -> CHATKEEP.replies().answer(Turn.of(USER, id, message("m", Role.USER, TEXT), MODEL)),
                    id -> CHATKEEP.replies().find(Turn.of(USER, id, message("m", Role.USER, TEXT), MODEL)),
                    id -> CHATKEEP.replies().resume(USER, id),
                    id -> CHATKEEP.replies().stop(USER, id, null),
                    id -> CHATKEEP.replies().requestStop(USER, id));
        }

        @ParameterizedTest
        @MethodSource("ofAChat")
        void ofAChatIsOneOrIsRefused(Consumer<String> call) {
            for (String id : List.of("", "a b", "ä", "a/b", "x".repeat(65), NUL, HALF)) {
                assertInvalid("chatId", () -> call.accept(id));
            }
        }

        static Stream<Consumer<String>> ofAMessage() {
            return Stream.of(
                    id -> CHATKEEP.messages().get(USER, "c", id),
                    id -> CHATKEEP.messages().delete(USER, "c", id),
                    id -> CHATKEEP.branches().siblings(USER, "c", id),
                    id -> CHATKEEP.replies().stop(USER, "c", id),
                    id -> turn("c", new Ask.Regenerate(id, null, null), null, null));
        }

        @ParameterizedTest
        @MethodSource("ofAMessage")
        void ofAMessageIsOneOrIsRefused(Consumer<String> call) {
            for (String id : List.of("", "a b", "x".repeat(65), NUL, HALF)) {
                assertInvalid("messageId", () -> call.accept(id));
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"deleted", "recent"})
        void thatNamesAListIsNoChats(String id) {
            assertInvalid("chatId", () -> CHATKEEP.chats().findOrCreate(USER, id, NOTHING));
            assertInvalid("chatId", () -> Turn.of(USER, id, message("m", Role.USER, TEXT), MODEL));
        }

        @Test
        void inATurnIsOneOrIsRefused() {
            NewMessage said = message("m", Role.USER, TEXT);
            assertInvalid("parentId", () -> turn("c", new Ask.Send(said, new Ask.Parent.Message(NUL)), null, null));
            assertInvalid(
                    "parentId",
                    () -> turn("c", new Ask.Edit(new Ask.Send(said, new Ask.Parent.Message("a b"))), null, null));
            assertInvalid("lastId", () -> turn("c", new Ask.Regenerate(null, HALF, null), null, null));
            Ask.Send last = new Ask.Send(said, new Ask.Parent.Message(HALF));
            assertInvalid("parentId", () -> turn("c", new Ask.Regenerate(null, null, last), null, null));
        }
    }

    @Nested
    class AMessage {

        static Stream<Arguments> wrong() {
            String parts = "{\"type\":\"x\"},".repeat(257);
            return Stream.of(
                    Arguments.of("parts", "hello"),
                    Arguments.of("parts", ""),
                    Arguments.of("parts", "[" + TEXT),
                    Arguments.of("parts", "{}"),
                    Arguments.of("parts", "null"),
                    Arguments.of("parts", "\"hello\""),
                    Arguments.of("parts", "[]"),
                    Arguments.of("parts[0]", "[1]"),
                    Arguments.of("parts[1]", "[{\"type\":\"x\"},null]"),
                    Arguments.of("parts[0].type", "[{}]"),
                    Arguments.of("parts[0].type", "[{\"type\":7}]"),
                    Arguments.of("parts[0].type", "[{\"type\":\" \"}]"),
                    Arguments.of("parts[0].text", "[{\"type\":\"text\"}]"),
                    Arguments.of("parts[0].text", "[{\"type\":\"reasoning\",\"text\":{}}]"),
                    Arguments.of("parts[0].url", "[{\"type\":\"file\",\"mediaType\":\"image/png\"}]"),
                    Arguments.of("parts", "[{\"type\":\"text\",\"text\":\"  \\n\"}]"),
                    Arguments.of("parts", "[" + parts + "{\"type\":\"x\"}]"),
                    Arguments.of("parts", "[{\"type\":\"x\",\"d\":" + "[".repeat(70) + "]".repeat(70) + "}]"),
                    Arguments.of("parts", "[{\"type\":\"x\",\"d\":\"" + HALF + "\"}]"),
                    Arguments.of("parts[0].d", "[{\"type\":\"x\",\"d\":\"\\ud800\"}]"),
                    Arguments.of("parts[0].d", "[{\"type\":\"x\",\"d\":1e999}]"));
        }

        @ParameterizedTest
        @MethodSource("wrong")
        void hasPartsThatCanBeRead(String field, String parts) {
            assertInvalid(field, () -> message("m", Role.USER, parts));
        }

        @Test
        void hasAttachmentsThatAreAListAndMetadataThatIsAnObject() {
            for (String attachments : List.of("{}", "\"x\"", "x", "[" + "1,".repeat(64) + "1]")) {
                assertInvalid(
                        "attachments",
                        () -> new NewMessage("m", Role.USER, new Json(TEXT), new Json(attachments), null));
            }
            for (String metadata : List.of("[]", "\"x\"", "x", "1")) {
                assertInvalid(
                        "metadata",
                        () -> new NewMessage("m", Role.USER, new Json(TEXT), Json.EMPTY_ARRAY, new Json(metadata)));
            }
        }

        @Test
        void hasAnIdThatIsOne() {
            for (String id : List.of("", "a b", NUL, HALF, "x".repeat(65))) {
                assertInvalid("id", () -> message(id, Role.USER, TEXT));
            }
        }

        /// Counted in bytes, as on the wire: "ä" is two of them.
        @Test
        void hasALimitedSize() {
            String fits = "ä".repeat(MessageInput.BYTES / 2 - 100);
            assertThat(message("m", Role.USER, TEXT.replace("hello", fits)).text())
                    .isEqualTo(fits);
            assertThatExceptionOfType(TooLarge.class)
                    .isThrownBy(() -> message("m", Role.USER, TEXT.replace("hello", fits + "ä".repeat(100))));
            Json metadata = new Json("{\"k\":\"" + "x".repeat(300) + "\"}");
            assertThatExceptionOfType(TooLarge.class)
                    .isThrownBy(() -> new NewMessage(
                            "m", Role.USER, new Json(TEXT.replace("hello", fits)), Json.EMPTY_ARRAY, metadata));
        }

        @Test
        void isStoredAsAClientsWouldBe() {
            String parts = "[{\"type\": \"text\", \"text\": \"a\\u0000b\", \"n\": 1.50}]";
            CHATKEEP.messages().append(USER, "c", List.of(message("nul", Role.SYSTEM, parts)));

            assertThat(CHATKEEP.messages().get(USER, "c", "nul").parts().tree())
                    .isEqualTo(new Json("[{\"type\":\"text\",\"text\":\"a\ufffdb\",\"n\":1.50}]").tree());
        }

        @Test
        void thatIsAnsweredIsAUsers() {
            for (Role role : List.of(Role.ASSISTANT, Role.SYSTEM)) {
                assertInvalid("message.role", () -> Turn.of(USER, "c", message("m", role, TEXT), MODEL));
                assertInvalid("message.role", () -> unsent(message("m1", role, TEXT)));
            }
        }

        private static void unsent(NewMessage... unsent) {
            NewMessage last = message("m", Role.USER, TEXT);
            turn("c", new Ask.Send(last, Ask.Parent.TIP, List.of(unsent)), null, null);
        }

        @Test
        void thatIsAnsweredHasOneIdWithThoseThatNeverArrived() {
            NewMessage first = message("m1", Role.USER, TEXT);
            assertInvalid("unsent[1].id", () -> unsent(first, first));
            assertInvalid("unsent[1].id", () -> unsent(message("m", Role.USER, TEXT)));
            assertInvalid("unsent", () -> unsent(AnAppend.messages(100).toArray(NewMessage[]::new)));
        }
    }

    @Nested
    class AnAppend {

        private static List<NewMessage> messages(int count) {
            return IntStream.range(0, count)
                    .mapToObj(i -> message("m" + i, Role.USER, TEXT))
                    .toList();
        }

        @Test
        void isOfOneToAHundredMessages() {
            CHATKEEP.chats().findOrCreate(USER, "many", NOTHING);
            assertInvalid("messages", () -> CHATKEEP.messages().append(USER, "many", List.of()));
            assertInvalid("messages", () -> CHATKEEP.messages().append(USER, "many", messages(101)));
            assertThat(CHATKEEP.messages().append(USER, "many", messages(100))).isEqualTo(100);
        }

        @Test
        void hasNoIdTwice() {
            List<NewMessage> twice = new ArrayList<>(messages(3));
            twice.add(message("m1", Role.ASSISTANT, TEXT));
            assertInvalid("messages[3].id", () -> CHATKEEP.messages().append(USER, "c", twice));
        }

        @Test
        void knowsAMessageByItsRoleToo() {
            CHATKEEP.chats().findOrCreate(USER, "roles", NOTHING);
            CHATKEEP.messages().append(USER, "roles", List.of(message("m", Role.USER, TEXT)));

            assertThat(CHATKEEP.messages().append(USER, "roles", List.of(message("m", Role.USER, TEXT))))
                    .isZero();
            assertThatExceptionOfType(ChatkeepException.Conflict.class)
                    .isThrownBy(() -> CHATKEEP.messages()
                            .append(
                                    USER,
                                    "roles",
                                    List.of(message("n", Role.USER, TEXT), message("m", Role.ASSISTANT, TEXT))))
                    .satisfies(refused -> assertThat(refused.code()).isEqualTo("message_id_taken"));
            assertThat(CHATKEEP.messages().count(USER, "roles")).isEqualTo(1);
        }
    }

    @Nested
    class AText {

        private static ChatPatch title(@Nullable String title) {
            return new ChatPatch(new ChatPatch.Set<>(title), null, null, null, null);
        }

        private static ChatPatch context(String json) {
            return new ChatPatch(null, null, null, null, new ChatPatch.Set<>(new Json(json)));
        }

        @Test
        void ofAChatIsTextAndNotTooLong() {
            for (String title : List.of("", "  ", "x".repeat(256), NUL, HALF)) {
                assertInvalid("title", () -> title(title));
                assertInvalid("title", () -> CHATKEEP.chats().retitle(USER, "c", title));
            }
            assertInvalid("title", () -> title(null));
            for (String id : List.of("x".repeat(65), NUL, HALF)) {
                assertInvalid("modelId", () -> new ChatPatch(null, new ChatPatch.Set<>(id), null, null, null));
            }
            for (String id : List.of("x".repeat(129), NUL, HALF)) {
                assertInvalid("sandboxId", () -> new ChatPatch(null, null, new ChatPatch.Set<>(id), null, null));
            }
            String longest = "\ud83d\ude00".repeat(255);
            assertThat(CHATKEEP.chats().retitle(USER, "c", longest).title()).isEqualTo(longest);
        }

        @Test
        void ofAContextIsJsonAndNotTooLong() {
            for (String json :
                    List.of("", "hello", "{", "{} {}", "\"" + HALF + "\"", "[".repeat(65) + "]".repeat(65))) {
                assertInvalid("lastContext", () -> context(json));
            }
            assertThatExceptionOfType(TooLarge.class)
                    .isThrownBy(() -> context("\"" + "x".repeat(ChatPatch.LAST_CONTEXT_BYTES) + "\""))
                    .satisfies(large -> assertThat(large.field()).contains("lastContext"));
            CHATKEEP.chats().update(USER, "c", context("{\"k\":\"a\\u0000b\"}"), null);
            assertThat(CHATKEEP.chats().get(USER, "c").lastContext())
                    .extracting(json -> json.tree().path("k").stringValue())
                    .isEqualTo("a\ufffdb");
        }

        @Test
        void ofATurnIsTextAndNotTooLong() {
            Ask said = new Ask.Send(message("m", Role.USER, TEXT), Ask.Parent.TIP);
            for (String id : List.of("x".repeat(129), NUL, HALF)) {
                assertInvalid("sandboxId", () -> turn("c", said, id, null));
            }
            for (String key : List.of("x".repeat(256), NUL, HALF)) {
                assertInvalid("key", () -> turn("c", said, null, key));
            }
            assertInvalid("id", () -> new Model(NUL, "test", null, 1_000, (prompt, cancellation, sink) -> {}));
        }

        @Test
        void ofAFilterOrACursorIsText() {
            for (String text : List.of(NUL, HALF)) {
                assertInvalid("search", () -> ChatFilter.titled(text));
                assertInvalid("modelId", () -> new ChatFilter(ChatFilter.Status.ALL, null, text, null, null, null));
                assertInvalid("cursor", () -> new Cursor(0, Instant.now(), text));
            }
            assertInvalid("from", () -> ChatFilter.since(Instant.MIN));
            assertInvalid("from", () -> ChatFilter.since(Instant.MAX));
            assertInvalid("cursor", () -> new Cursor(0, Instant.MAX, "c"));
        }

        @Test
        void ofAProfileIsTextAndNotNestedTooDeep() {
            assertInvalid(
                    "displayName",
                    () -> CHATKEEP.profiles()
                            .patch(USER, Json.MAPPER.createObjectNode().put("displayName", HALF)));
            String deep = "{\"preferences\":{\"d\":" + "[".repeat(200) + "]".repeat(200) + "}}";
            assertThatExceptionOfType(Invalid.class)
                    .isThrownBy(() -> CHATKEEP.profiles().patch(USER, new Json(deep).tree()));
            CHATKEEP.profiles().patch(USER, Json.MAPPER.createObjectNode().put("displayName", NUL));
            assertThat(CHATKEEP.profiles().get(USER).tree().path("displayName").stringValue())
                    .isEqualTo("a\ufffdb");
        }

        @Test
        void ofAnIdentityIsTextAndNotTooLong() {
            for (String text : List.of("", NUL, HALF, "x".repeat(600))) {
                assertInvalid("issuer", () -> new Identity(text, "s"));
                assertInvalid("subject", () -> new Identity("i", text));
            }
        }
    }

    @Test
    void aPageHasAtLeastOneRowAndBeginsAtTheFirst() {
        assertInvalid("limit", () -> CHATKEEP.chats().list(USER, ChatFilter.NONE, 0, null, 0));
        assertInvalid("offset", () -> CHATKEEP.chats().list(USER, ChatFilter.NONE, 1, null, -1));
        assertInvalid("limit", () -> CHATKEEP.messages().history(USER, "c", History.Page.oldest(-1)));
        assertInvalid("offset", () -> CHATKEEP.messages().history(USER, "c", new History.Page(1, -1, false, null)));
    }
}
