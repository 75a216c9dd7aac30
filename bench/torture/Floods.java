import java.util.ArrayList;
import java.util.List;

/// Many at once.
final class Floods {

    private static final int SENDS = 50;
    private static final int READERS = 100;
    private static final int WORDS = 200;

    private final Node node;
    private final Verdict verdict;

    Floods(Node node, Verdict verdict) {
        this.node = node;
        this.verdict = verdict;
    }

    void run(int times) throws Exception {
        Client client = Client.guest(node.url());
        for (int i = 0; i < times; i++) {
            sends(client, "sends-" + i);
            readers(client, "readers-" + i);
        }
    }

    private void sends(Client client, String chat) throws Exception {
        String question = Provider.question(chat, 20);
        List<Client.Reading> readings = new ArrayList<>();
        for (int i = 0; i < SENDS; i++) {
            readings.add(client.ask(chat, "m", question));
        }
        String whole = Provider.answer(question);
        for (Client.Reading reading : readings) {
            reading.await();
            verdict.check(
                    "of fifty identical sends each reads the one answer",
                    reading.text().equals(whole) && reading.messageId.equals(readings.getFirst().messageId),
                    chat + ": " + reading.status + " " + reading.text());
        }
        String history = client.call("GET", "/api/chats/" + chat, "").body();
        verdict.check("fifty identical sends are one turn", history.contains("\"total\":2"), history);
    }

    private void readers(Client client, String chat) throws Exception {
        String question = Provider.question(chat, WORDS);
        long begun = System.nanoTime();
        Client.Reading first = client.ask(chat, "m", question).awaitText(1);
        Client.Reading slow = client.resumeSlowly(chat, 1_000);
        List<Client.Reading> readings = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            readings.add(client.resume(chat));
        }
        first.await();
        verdict.tell("an answer with " + READERS + " readers and a slow one took "
                + (System.nanoTime() - begun) / 1_000_000 + " ms, of which the model's pace is "
                + WORDS * Provider.PACE_MILLIS);
        String whole = Provider.answer(question);
        for (Client.Reading reading : readings) {
            reading.await();
            verdict.check(
                    "each of a hundred readers reads all of it",
                    reading.text().equals(whole) && reading.end.equals("finish"),
                    chat + " was read as " + reading.text());
        }
        verdict.check("a slow reader keeps nobody waiting", first.text().equals(whole), chat);
        slow.leave();
    }
}
