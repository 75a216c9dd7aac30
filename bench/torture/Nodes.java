import java.util.ArrayList;
import java.util.List;

/// Two servers on one database.
final class Nodes {

    private static final int WORDS = 400;
    private static final int CHATS = 8;
    private static final int LEASE_SECONDS = 10;

    private final Node a;
    private final Node b;
    private final Provider provider;
    private final Verdict verdict;

    Nodes(Node a, Node b, Provider provider, Verdict verdict) {
        this.a = a;
        this.b = b;
        this.provider = provider;
        this.verdict = verdict;
    }

    void run() throws Exception {
        // A node has to have seen the other before it tells it anything.
        Thread.sleep(2_500);
        Client atA = Client.guest(a.url());
        Client atB = atA.at(b.url());
        readElsewhere(atA, atB);
        stopElsewhere(atA, atB);
        freeze(atA, atB);
        kill(atA, atB);
    }

    private void readElsewhere(Client atA, Client atB) throws Exception {
        String question = Provider.question("elsewhere", WORDS);
        Client.Reading first = atA.ask("elsewhere", "m", question).awaitText(300);
        Client.Reading other = atB.resume("elsewhere");
        Client.Reading again = atB.ask("elsewhere", "m", question);
        String whole = Provider.answer(question);
        for (Client.Reading reading : List.of(first, other, again)) {
            reading.await();
            verdict.check(
                    "an answer is read whole on another server",
                    reading.text().equals(whole) && reading.end.equals("finish"),
                    reading.status + " " + reading.end + " " + reading.text());
        }
    }

    private void stopElsewhere(Client atA, Client atB) throws Exception {
        String question = Provider.question("stop", 3_000);
        Client.Reading reading = atA.ask("stop", "m", question).awaitText(300);
        long asked = System.nanoTime();
        String stopped = atB.call("POST", "/api/chat/stop/stop", "").body();
        long answered = System.nanoTime();
        for (int i = 0; i < 300 && !provider.hungUp.containsKey(question); i++) {
            Thread.sleep(10);
        }
        Long hungUp = provider.hungUp.get(question);
        verdict.check(
                "an answer is stopped from another server, and its model's connection is closed within a second",
                hungUp != null && hungUp - asked < 1_000_000_000L,
                hungUp == null ? "it was not" : (hungUp - asked) / 1_000_000 + " ms");
        verdict.tell("stopping from another server took " + (answered - asked) / 1_000_000 + " ms");
        Kept kept = Kept.read(atB, "stop", reading.messageId);
        verdict.check(
                "the stop is confirmed when it is answered",
                stopped.contains("\"status\":\"stopped\"") && kept.status().equals("stopped"),
                stopped + " " + kept.status());
        verdict.check(
                "what had been said is kept",
                Provider.answer(question).startsWith(kept.text()) && kept.text().length() >= 300,
                kept.text());
        reading.await();
        verdict.check("its reader is told", reading.end.equals("abort"), reading.end);
    }

    private void freeze(Client atA, Client atB) throws Exception {
        String question = Provider.question("freeze", WORDS);
        Client.Reading reading = atA.ask("freeze", "m", question).awaitText(300);
        a.freeze();
        Thread.sleep(3_000L * LEASE_SECONDS);
        Kept taken = Kept.read(atB, "freeze", reading.messageId);
        verdict.check(
                "an answer of a frozen server is marked interrupted",
                taken.status().equals("interrupted") && Provider.answer(question).startsWith(taken.text()),
                taken.toString());
        a.thaw();
        reading.await();
        Kept kept = Kept.awaitEnd(atB, "freeze", reading.messageId, LEASE_SECONDS);
        for (int i = 0; i < 100 && !kept.status().equals("complete"); i++) {
            Thread.sleep(100);
            kept = Kept.read(atB, "freeze", reading.messageId);
        }
        verdict.check(
                "when it goes on, its answer is neither lost nor doubled",
                kept.status().equals("complete") && kept.text().equals(Provider.answer(question)),
                kept.toString());
    }

    private void kill(Client atA, Client atB) throws Exception {
        List<Client.Reading> readings = new ArrayList<>();
        for (int c = 0; c < CHATS; c++) {
            readings.add(atA.ask("dead-" + c, "m", Provider.question("dead-" + c, WORDS)));
        }
        for (Client.Reading reading : readings) {
            reading.awaitText(300);
        }
        a.kill();
        long killed = System.nanoTime();
        for (int c = 0; c < CHATS; c++) {
            Kept kept = Kept.awaitEnd(atB, "dead-" + c, readings.get(c).messageId, 3 * LEASE_SECONDS);
            verdict.check(
                    "an answer of a killed server is taken over by the other",
                    kept.status().equals("interrupted"),
                    kept.toString());
            verdict.check(
                    "what it had said is kept",
                    Provider.answer(Provider.question("dead-" + c, WORDS)).startsWith(kept.text())
                            && kept.text().length() >= 200,
                    kept.toString());
        }
        verdict.tell("the answers of a killed server were marked after "
                + (System.nanoTime() - killed) / 1_000_000 + " ms");
        a.start();
    }
}
