import java.util.Random;

/// Readers that hang up in the middle, and go on.
final class Cuts {

    private static final int WORDS = 200;

    private final Node node;
    private final Verdict verdict;
    private final Random random;

    Cuts(Node node, Verdict verdict, Random random) {
        this.node = node;
        this.verdict = verdict;
        this.random = random;
    }

    void run(int times) throws Exception {
        Client client = Client.guest(node.url());
        for (int i = 0; i < times; i++) {
            String chat = "cut-" + i;
            String question = Provider.question(chat, WORDS);
            Client.Reading first = client.ask(chat, "m", question).awaitText(1);
            Client.Reading reading = first;
            for (int cut = 0; cut < 3; cut++) {
                Thread.sleep(random.nextInt(400));
                reading.leave();
                Thread.sleep(random.nextInt(200));
                reading = client.resume(chat);
            }
            reading.await();
            String whole = Provider.answer(question);
            Kept kept = Kept.awaitEnd(client, chat, first.messageId, 10);
            verdict.check(
                    "an answer goes on without its reader", kept.text().equals(whole), chat + " has " + kept.text());
            verdict.check(
                    "who goes on reading reads all of it",
                    reading.status == 204 || reading.text().equals(whole) && reading.end.equals("finish"),
                    chat + " was read as " + reading.text() + " " + reading.end);
        }
    }
}
