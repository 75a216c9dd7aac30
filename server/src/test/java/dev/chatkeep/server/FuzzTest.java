package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Thousands of requests that are nearly right: none is the server's fault, none hangs, each refusal has the
/// form of every other, and a neighbour is left alone. `-Dfuzz.seed` replays a run,
/// `-Dfuzz.only` one request of it.
class FuzzTest {

    private static final Pattern REQUEST_LINE = Pattern.compile("[A-Z]+ [A-Za-z0-9%!$&'()*+,./:;=?@_~-]* HTTP/1\\.1");

    private static final long SEED = Long.getLong("fuzz.seed", 20261123);
    private static final int ONLY = Integer.getInteger("fuzz.only", -1);

    /// Requests delete things and sign out: the account is new after so many.
    private static final int AN_ACCOUNT = 50;

    @Test
    void threeThousandRequestsAreAnsweredOrRefused() throws Exception {
        fuzz(SEED, 3_000);
    }

    @Test
    @Tag("slow")
    void twentyThousandRequestsAreAnsweredOrRefused() throws Exception {
        fuzz(SEED + 1, 20_000);
    }

    private static void fuzz(long seed, int count) throws IOException {
        try (TestIssuer issuer = new TestIssuer();
                TestServer server = TestServer.answering(
                        Scripts.saysText("Hi."),
                        "chatkeep.auth.domains=" + TestWallet.DOMAIN,
                        "chatkeep.auth.issuers[0].issuer=https://issuer.example.com",
                        "chatkeep.auth.issuers[0].audience=chat",
                        "chatkeep.auth.issuers[0].jwk-set-uri=" + issuer.name() + "/keys")) {
            Api neighbour = account(server);
            List<String> before = rows(server, neighbour);
            RawHttp http = RawHttp.of(server);
            String token = "";
            var wrong = new ArrayList<String>();
            for (int i = Math.max(ONLY, 0); i < (ONLY < 0 ? count : ONLY + 1) && wrong.size() < 20; i++) {
                if (token.isEmpty() || i % AN_ACCOUNT == 0) {
                    token = account(server).token();
                }
                byte[] request = new FuzzRequests(seed, token).request(i);
                try {
                    if (isOfThisHttp(request)) {
                        http.send(request).forEach(FuzzTest::check);
                    } else {
                        http.bytes(request);
                    }
                } catch (IOException | AssertionError | RuntimeException failure) {
                    wrong.add("request " + i + "\n" + new String(request, StandardCharsets.ISO_8859_1) + "\n-> "
                            + failure);
                }
            }

            if (!wrong.isEmpty()) {
                fail("fuzz.seed=%d: %d wrong\n%s", seed, wrong.size(), String.join("\n\n", wrong));
            }
            assertThat(rows(server, neighbour)).isEqualTo(before);
            assertThat(account(server).chat("c1").path("messages")).hasSize(2);
        }
    }

    /// To what is not, there may be an answer without a status, as HTTP 0.9 has it. That holds for a line that Tomcat
    /// refuses as well: it answers those in the manner of the request that it had before.
    private static boolean isOfThisHttp(byte[] request) {
        String text = new String(request, StandardCharsets.ISO_8859_1);
        return REQUEST_LINE.matcher(text.lines().findFirst().orElse("")).matches();
    }

    private static void check(RawAnswer answer) {
        assertThat(answer.status()).as(answer.toString()).isLessThan(500);
        if (answer.status() >= 400 && !answer.body().isEmpty()) {
            answer.assertProblem();
        }
    }

    /// A new user with a chat, and one in the trash.
    private static Api account(TestServer server) {
        Api user = server.guest();
        user.say("c1", "m1", "hello");
        user.say("trash", "m1", "hello");
        user.delete("/api/chats/trash");
        return user;
    }

    private static List<String> rows(TestServer server, Api user) {
        String id = user.chat("c1").path("chat").path("userId").stringValue();
        var rows = new ArrayList<String>();
        for (String table : List.of("app_user", "user_head", "session", "chat", "chat_title", "message", "run")) {
            rows.addAll(server.database()
                    .sql()
                    .sql("select t::text from chatkeep.%s t where user_id = :user::uuid order by 1".formatted(table))
                    .param("user", id)
                    .query((row, n) -> row.getString(1))
                    .list());
        }
        return rows;
    }
}
