package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A chain in memory, the real facilitator on it, and clients that pay there. What it is told to do wrong it does
/// wrong.
record PaymentRig(NodePrograms.Started facilitator) implements AutoCloseable {

    static final String PRICE = "0.01";

    static PaymentRig start() throws IOException, InterruptedException {
        return new PaymentRig(NodePrograms.PAYMENTS.install().start("facilitator.mjs"));
    }

    /// Settings of a server that takes payments here and nothing else.
    String[] settings(String... more) {
        var settings = new ArrayList<>(List.of(
                "chatkeep.auth.domains=" + TestWallet.DOMAIN,
                "chatkeep.free-messages.limit=0",
                "chatkeep.payments.facilitator=" + url(),
                "chatkeep.payments.price=" + PRICE,
                "chatkeep.payments.verify-timeout=2s",
                "chatkeep.payments.settle-timeout=2s",
                "chatkeep.payments.networks[0].network=eip155:84532",
                "chatkeep.payments.networks[0].pay-to=" + payTo(),
                "chatkeep.payments.networks[0].rpc=" + said("rpc")));
        settings.addAll(List.of(more));
        return settings.toArray(String[]::new);
    }

    String url() {
        return said("facilitator");
    }

    String payTo() {
        return said("payTo");
    }

    String payer(int i) {
        return facilitator.said().path("payers").path(i).path("address").stringValue();
    }

    private String said(String field) {
        return facilitator.said().path(field).stringValue();
    }

    /// What happens to the next calls of a path.
    void misbehave(String path, String mode, int delayMs, int times) {
        ObjectNode order = Json.MAPPER
                .createObjectNode()
                .put("path", path)
                .put("mode", mode)
                .put("delayMs", delayMs)
                .put("times", times);
        assertThat(new Api(url(), "").post("/control", order.toString()).status())
                .isEqualTo(200);
    }

    /// From now on all is well, and nothing was counted.
    void behave() {
        assertThat(new Api(url(), "").post("/control", "{\"reset\":true}").status())
                .isEqualTo(200);
    }

    JsonNode report() {
        return new Api(url(), "").get("/control").json();
    }

    int calls(String path) {
        return report().path(path).intValue();
    }

    /// How often money went to [#payTo] since the chain began.
    int transfers() {
        return report().path("transfers").intValue();
    }

    /// Runs a client that pays with the money of the payer of this number.
    JsonNode pay(String scenario, Api api, int payer, String chat, String message) {
        return pay(scenario, api, payer, chat, message, "nothing");
    }

    /// The header that such a client would send.
    String sign(Api api, int payer, String chat, String message, String tamper) {
        JsonNode signed = pay("sign", api, payer, chat, message, tamper);
        return signed.path("header").asString("no header: " + signed);
    }

    /// @param payer a number, or -1 for the one without money
    private JsonNode pay(String scenario, Api api, int payer, String chat, String message, String tamper) {
        JsonNode wallet = payer < 0
                ? facilitator.said().path("poor")
                : facilitator.said().path("payers").path(payer);
        ObjectNode question = Json.MAPPER
                .createObjectNode()
                .put("baseUrl", api.url())
                .put("token", api.token())
                .put("payer", wallet.path("privateKey").stringValue())
                .put("chatId", chat)
                .put("messageId", message)
                .put("text", "Hello")
                .put("tamper", tamper);
        try {
            return NodePrograms.PAYMENTS.ask("pay.mjs", scenario, question);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new AssertionError(stopped);
        }
    }

    /// Runs the first example of a page of the docs, as it stands there.
    ///
    /// @return what it printed
    String runExample(Api api, int payer, String page) throws IOException, InterruptedException {
        Matcher example = Pattern.compile("```js\n(.*?)```", Pattern.DOTALL).matcher(page);
        assertThat(example.find()).as("an example in js").isTrue();
        return NodePrograms.PAYMENTS.evaluate(
                example.group(1),
                Map.of(
                        "CHATKEEP", api.url(),
                        "TOKEN", api.token(),
                        "WALLET_KEY",
                                facilitator
                                        .said()
                                        .path("payers")
                                        .path(payer)
                                        .path("privateKey")
                                        .stringValue()));
    }

    /// The body that these clients send.
    static String turn(String chat, String message) {
        return "{\"id\":\"%s\",\"message\":{\"id\":\"%s\",\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"Hello\"}]}}"
                .formatted(chat, message);
    }

    /// Sends such a body with a payment.
    static Api.Answer send(Api api, String header, String chat, String message) {
        return api.sendWith("PAYMENT-SIGNATURE", header, "POST", "/api/chat", turn(chat, message));
    }

    @Override
    public void close() {
        facilitator.close();
    }
}
