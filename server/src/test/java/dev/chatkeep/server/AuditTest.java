package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/// The log of who came, who was refused, and what they did to their access.
class AuditTest {

    private static final Logger LOG = (Logger) LoggerFactory.getLogger("chatkeep.audit");
    private static final ListAppender<ILoggingEvent> LINES = new ListAppender<>();

    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start("chatkeep.auth.domains=" + TestWallet.DOMAIN);
        LINES.start();
        LOG.addAppender(LINES);
    }

    @AfterAll
    static void stop() {
        LOG.detachAppender(LINES);
        server.close();
    }

    @Test
    void hasALineForEachOfThemAndNoSecret() {
        TestWallet wallet = TestWallet.make();
        TestWallet second = TestWallet.make();
        String url = server.url();

        Api api = wallet.signIn(url);
        String user = api.get("/api/auth/user").json().path("user").path("id").stringValue();
        String proof = second.proof(url);
        api.post("/api/auth/wallets", proof);
        Api refused = new Api(url, "");
        refused.post("/api/auth/login", proof);
        api.delete("/api/auth/wallets/solana/" + second.address());
        api.delete("/api/auth/sessions?keepCurrent=true");
        api.send("DELETE", "/api/auth/user", BodyPublishers.ofString("{\"confirm\":\"" + user + "\"}"));

        assertThat(lines("sign_in")).hasSize(1).first().asString().contains(user, "method=\"solana\"", "127.0.0.1");
        assertThat(lines("wallet_added")).hasSize(1).first().asString().contains(user, second.address());
        assertThat(lines("sign_in_refused")).hasSize(1).first().asString().contains("the nonce is not ours");
        assertThat(lines("wallet_removed")).hasSize(1).first().asString().contains(user, second.address());
        assertThat(lines("sessions_revoked")).hasSize(1).first().asString().contains(user, "number=\"0\"");
        assertThat(lines("erasure")).hasSize(1).first().asString().doesNotContain(user);
        assertThat(LINES.list.toString()).doesNotContain(api.token(), "signature");
    }

    @Test
    void aLineIsOneLineWhateverIsInIt() {
        server.nobody().post("/api/auth/login", """
                {"chain":"solana","message":"x\\n\\u2028sign_in user=\\"admin\\"","signature":"x\\ny"}""");

        assertThat(lines("sign_in_refused"))
                .allSatisfy(line -> assertThat(line.lines()).hasSize(1));
    }

    /// The lines of an event so far, which have its fields also one by one.
    private static List<String> lines(String event) {
        var lines = new ArrayList<String>();
        for (ILoggingEvent line : List.copyOf(LINES.list)) {
            if (line.getFormattedMessage().startsWith(event + " ")) {
                assertThat(line.getKeyValuePairs()).anySatisfy(pair -> {
                    assertThat(pair.key).isEqualTo("event");
                    assertThat(pair.value).isEqualTo(event);
                });
                lines.add(line.getFormattedMessage());
            }
        }
        return lines;
    }
}
