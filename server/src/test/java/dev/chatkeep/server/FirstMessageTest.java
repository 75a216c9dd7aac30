package dev.chatkeep.server;

import static dev.chatkeep.server.PostedChat.regenerate;
import static dev.chatkeep.server.PostedChat.shown;
import static dev.chatkeep.server.PostedChat.submit;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A message that stands first: of a new chat, in the place of the first one, or just alone in what is posted.
class FirstMessageTest {

    private static TestServer server;
    private Api api;
    private String firstAnswer = "";

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void talk() {
        api = server.guest();
        firstAnswer = submit("c").user("u1", "one").with("parentId", null).answer(api);
        submit("c")
                .user("u1", "one")
                .assistant(firstAnswer, "Hi.")
                .user("u2", "two")
                .answer(api);
    }

    @Test
    void isEditedUnderANewIdWhereItsSenderSaysThatNothingStandsBeforeIt() {
        submit("c").user("x1", "edited").with("parentId", null).answer(api);

        assertThat(shown(api, "c")).containsExactly("user: edited", "assistant: Hi.");
        var siblings = api.get("/api/chats/c/messages/x1/siblings").json().path("siblings");
        assertThat(siblings).hasSize(2);
        api.put("/api/chats/c/branch", "{\"branch\":" + siblings.get(0).path("branch") + "}");
        assertThat(shown(api, "c")).containsExactly("user: one", "assistant: Hi.", "user: two", "assistant: Hi.");
        RaceTest.assertCountersAreTrue(server.database());
    }

    @Test
    void sentAgainIsTheSameTurn() {
        PostedChat edit = submit("c").user("x1", "edited").with("parentId", null);

        assertThat(edit.answer(api)).isEqualTo(edit.answer(api));

        assertThat(api.get("/api/chats/c/messages/x1/siblings").json().path("siblings"))
                .hasSize(2);
    }

    @Test
    void goesBehindWhatIsShownWhenItIsOnlyAlone() {
        submit("c").user("u3", "three").answer(api);

        assertThat(shown(api, "c")).hasSize(6).endsWith("user: three", "assistant: Hi.");
    }

    @Test
    void standsFirstAlsoWhenTheFirstOneWasDeleted() {
        api.delete("/api/chats/c/messages/u1");
        api.delete("/api/chats/c/messages/" + firstAnswer);

        submit("c").user("x1", "edited").with("parentId", null).answer(api);

        assertThat(shown(api, "c")).containsExactly("user: edited", "assistant: Hi.");
        assertThat(api.get("/api/chats/c/messages/x1/siblings").json().path("siblings"))
                .hasSize(2);
    }

    @Test
    void bringsAlongWhatNeverArrivedBeforeIt() {
        submit("c")
                .user("x0", "lost")
                .user("x1", "edited")
                .with("parentId", "x0")
                .answer(api);

        assertThat(shown(api, "c")).containsExactly("user: lost", "user: edited", "assistant: Hi.");
    }

    @Test
    void isSentByARegenerateThatNamesItsParent() {
        regenerate("c").user("x1", "edited").with("parentId", null).answer(api);

        assertThat(shown(api, "c")).containsExactly("user: edited", "assistant: Hi.");
    }

    @Test
    void aParentThatNobodyKnowsIsTheEndOfWhatIsShown() {
        submit("c").user("u3", "three").with("parentId", "unknown").answer(api);

        assertThat(shown(api, "c")).hasSize(6).endsWith("user: three", "assistant: Hi.");
    }
}
