import dev.chatkeep.client.ApiClient;
import dev.chatkeep.client.ApiException;
import dev.chatkeep.client.api.AskApi;
import dev.chatkeep.client.api.ChatsApi;
import dev.chatkeep.client.api.MessagesApi;
import dev.chatkeep.client.api.ServerApi;
import dev.chatkeep.client.api.SignInApi;
import dev.chatkeep.client.model.Chat;
import dev.chatkeep.client.model.ChatPatch;
import dev.chatkeep.client.model.ChatTurn;
import dev.chatkeep.client.model.ChatsAnswer;
import dev.chatkeep.client.model.Message;
import dev.chatkeep.client.model.NewChat;
import dev.chatkeep.client.model.NewMessage;
import dev.chatkeep.client.model.NewMessages;
import dev.chatkeep.client.model.Part;
import dev.chatkeep.client.model.Problem;
import dev.chatkeep.client.model.Question;
import java.io.File;
import java.nio.file.Files;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;

/// Uses a running server by the client that openapi-generator's Java (library `native`) makes of the
/// description.
final class Client {

    private Client() {}

    private interface Call {
        void run() throws ApiException;
    }

    public static void main(String[] args) throws Exception {
        ApiClient http = new ApiClient();
        http.updateBaseUri(args[0]);
        String token = new SignInApi(http).signInAsGuest().getSessionToken();
        http.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
        ChatsApi chats = new ChatsApi(http);
        MessagesApi messages = new MessagesApi(http);

        check("there is a model", !new ServerApi(http).listModels().getModels().isEmpty());

        Chat chat = chats.createChat(new NewChat().lastContext(Map.of("step", 1))).getChat();
        check("a new chat is untitled", chat.getIsUntitled());
        Chat renamed = chats.updateChat(chat.getId(), new ChatPatch().title("Named"), null).getChat();
        check("a patch leaves what it does not name", renamed.getLastContext().equals(Map.of("step", 1)));

        NewMessage question = new NewMessage().id("q1").role(NewMessage.RoleEnum.USER).content("Six times seven?");
        int stored = messages.writeMessages(chat.getId(), new NewMessages().messages(List.of(question))).getStored();
        check("a message is written", stored == 1);
        Message read = messages.listMessages(chat.getId(), null, null, null, "desc", null).getMessages().get(0);
        check("it is read", read.getParts().get(0).getText().equals("Six times seven?"));

        Part words = new Part().type("text").text("And eight?");
        Question more = new Question().id("q2").role(Question.RoleEnum.USER).addPartsItem(words);
        File stream = new AskApi(http).ask(new ChatTurn().id(chat.getId()).message(more), null);
        check("the answer is streamed to its end", Files.readString(stream.toPath()).endsWith("data: [DONE]\n\n"));
        List<Message> history = chats.getChat(chat.getId(), null, null, null, null, 10).getMessages();
        check("it is stored", history.size() == 3 && history.get(2).getStatus() == Message.StatusEnum.COMPLETE);
        check("its metadata is read", history.get(2).getMetadata().getTokens().getTotal() > 0);

        OffsetDateTime from = OffsetDateTime.parse("2000-01-01T00:00:00Z");
        ChatsAnswer listed = chats.listChats("named", null, null, null, from, null, null, null, null, true);
        check("it is found", listed.getChats().size() == 1 && listed.getStats().getTotalMessages() == 3);
        Chat cleared = chats.updateChat(chat.getId(), new ChatPatch().lastContext(null), null).getChat();
        check("null clears", cleared.getLastContext() == null);

        Problem missing = refusal(http, () -> chats.getChat("none", null, null, null, null, null));
        check("a refusal has its code", missing.getCode().equals("chat_not_found"));
        check("and its field", refusal(http, () -> chats.listRecentChats(500, null, null)).getField().equals("limit"));
    }

    private static Problem refusal(ApiClient http, Call call) throws Exception {
        try {
            call.run();
        } catch (ApiException refused) {
            return http.getObjectMapper().readValue(refused.getResponseBody(), Problem.class);
        }
        throw new AssertionError("this should have been refused");
    }

    private static void check(String claim, boolean holds) {
        if (!holds) {
            throw new AssertionError(claim + ": does not hold");
        }
    }
}
