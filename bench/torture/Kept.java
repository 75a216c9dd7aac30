import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An answer as the server keeps it.
record Kept(int httpStatus, String status, String text) {

    private static final Pattern STATUS = Pattern.compile("\"status\":\"([a-z]+)\"");
    private static final Pattern TEXT = Pattern.compile("\"text\": ?\"([^\"]*)\"");

    static Kept read(Client client, String chat, String messageId) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.call("GET", "/api/chats/" + chat + "/messages/" + messageId, "");
        Matcher status = STATUS.matcher(answer.body());
        Matcher text = TEXT.matcher(answer.body());
        StringBuilder texts = new StringBuilder();
        while (text.find()) {
            texts.append(text.group(1));
        }
        return new Kept(answer.statusCode(), status.find() ? status.group(1) : "none", texts.toString());
    }

    /// The same, as soon as it is not being written any more, or after so long.
    static Kept awaitEnd(Client client, String chat, String messageId, int seconds)
            throws IOException, InterruptedException {
        Kept kept = read(client, chat, messageId);
        for (int i = 0; i < seconds * 10 && kept.status().equals("streaming"); i++) {
            Thread.sleep(100);
            kept = read(client, chat, messageId);
        }
        return kept;
    }
}
