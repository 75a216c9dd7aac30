import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// kill -9 of the server while it answers.
final class Kills {

    private static final int CHATS = 8;
    private static final int WORDS = 400;

    /// A lease and some.
    private static final int END_SECONDS = 25;

    /// What may be lost: the longest flush interval, and as much for the statement on a busy machine.
    private static final long FLUSH_NANOS = 600_000_000L;

    private final Node node;
    private final Provider provider;
    private final Verdict verdict;
    private final Random random;
    private long mostLostMillis;
    private long longestMillis;

    Kills(Node node, Provider provider, Verdict verdict, Random random) {
        this.node = node;
        this.provider = provider;
        this.verdict = verdict;
        this.random = random;
    }

    void run(int times) throws Exception {
        Client client = Client.guest(node.url());
        for (int i = 0; i < times; i++) {
            kill(client, "k" + i);
        }
        verdict.tell("at most " + mostLostMillis + " ms of what a reader had seen were lost");
        verdict.tell("all answers had ended " + longestMillis + " ms after the next server began, at most");
    }

    private void kill(Client client, String round) throws Exception {
        List<Client.Reading> readings = new ArrayList<>();
        for (int c = 0; c < CHATS; c++) {
            readings.add(client.ask(round + "-" + c, "m", question(round, c)));
        }
        Thread.sleep(200 + random.nextInt(3_500));
        long killed = System.nanoTime();
        node.kill();
        node.start();
        long started = System.nanoTime();
        for (int c = 0; c < CHATS; c++) {
            check(client, round + "-" + c, question(round, c), readings.get(c), killed);
        }
        longestMillis = Math.max(longestMillis, (System.nanoTime() - started) / 1_000_000);
    }

    private static String question(String round, int chat) {
        return Provider.question(round + "-" + chat, WORDS);
    }

    private void check(Client client, String chat, String question, Client.Reading reading, long killed)
            throws Exception {
        if (reading.messageId == null) {
            return;
        }
        Kept kept = Kept.awaitEnd(client, chat, reading.messageId, END_SECONDS);
        String whole = Provider.answer(question);
        String seen = reading.text();
        verdict.check("an answer whose start a client saw is there", kept.httpStatus() == 200, chat + " " + kept);
        verdict.check(
                "an answer that was broken off is marked interrupted, or is whole",
                kept.status().equals("interrupted")
                        || kept.status().equals("complete") && kept.text().equals(whole),
                chat + " is " + kept.status());
        verdict.check(
                "what is kept is the beginning of what the model said, nothing twice",
                whole.startsWith(kept.text()),
                chat + " has " + kept.text());
        String safe = reading.textAt(killed - FLUSH_NANOS);
        verdict.check(
                "what is kept has all that a client saw but the last flush",
                kept.text().startsWith(safe),
                chat + " has " + kept.text().length() + " characters of " + safe.length());
        if (seen.length() > kept.text().length()) {
            mostLostMillis = Math.max(mostLostMillis, (killed - reading.timeOf(kept.text().length())) / 1_000_000);
        }
        int asked = provider.asked(question);
        Client.Reading again = client.ask(chat, "m", question).await();
        verdict.check(
                "the same message sent again reads what is kept, and asks no model",
                again.text().equals(kept.text()) && provider.asked(question) == asked,
                chat + " was read as " + again.text());
        String history = client.call("GET", "/api/chats/" + chat, "").body();
        verdict.check("a chat has one question and one answer", history.contains("\"total\":2"), history);
    }
}
