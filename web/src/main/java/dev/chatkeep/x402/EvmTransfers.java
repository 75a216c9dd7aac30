package dev.chatkeep.x402;

import dev.chatkeep.JsonInput;
import dev.chatkeep.db.Json;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Looks up on the chain itself what came of an authorization (EIP-3009) that a facilitator was told to settle and
/// did not confirm. Asks a node by JSON-RPC, and believes a transfer only if it went to whom it was meant for.
final class EvmTransfers implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EvmTransfers.class);
    private static final Duration PATIENCE = Duration.ofSeconds(3);
    private static final int MOST_BYTES = 1 << 20;

    /// How far back is looked, in blocks: hours on any network.
    private static final int BLOCKS = 5_000;

    /// `authorizationState(address,bytes32)`
    private static final String STATE = "0xe94a0102";

    /// `AuthorizationUsed(address,bytes32)` and `Transfer(address,address,uint256)`
    private static final String USED = "0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5";

    private static final String TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();

    sealed interface Found {
        record Moved(String transaction) implements Found {}

        /// Not until now; the authorization may still be used.
        record NotMoved() implements Found {}

        record Unknown() implements Found {}
    }

    /// @param authorization the payer's, with `from` and `nonce`
    Found look(URI node, String asset, String payTo, BigInteger amount, JsonNode authorization) {
        String from = authorization.path("from").asString("");
        String nonce = authorization.path("nonce").asString("");
        try {
            JsonNode state = call(
                    node,
                    "eth_call",
                    array().add(object(asset, STATE + word(from) + digits(nonce)))
                            .add("latest"));
            if (new BigInteger(digits(state.asString("0x0")), 16).signum() == 0) {
                return new Found.NotMoved();
            }
            ObjectNode used = JsonNodeFactory.instance
                    .objectNode()
                    .put("address", asset)
                    .put("fromBlock", firstBlock(node))
                    .put("toBlock", "latest");
            used.putArray("topics").add(USED).add("0x" + word(from)).add(nonce);
            for (JsonNode log : call(node, "eth_getLogs", array().add(used))) {
                String transaction = log.path("transactionHash").asString("");
                JsonNode receipt = call(node, "eth_getTransactionReceipt", array().add(transaction));
                if (isTransfer(receipt, asset, from, payTo, amount)) {
                    return new Found.Moved(transaction);
                }
            }
        } catch (IOException | RuntimeException failure) {
            LOG.warn("the chain could not be asked about a payment: {}", failure.getMessage());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        return new Found.Unknown();
    }

    private static boolean isTransfer(JsonNode receipt, String asset, String from, String to, BigInteger amount) {
        if (!receipt.path("status").asString("").equals("0x1")) {
            return false;
        }
        for (JsonNode log : receipt.path("logs")) {
            JsonNode topics = log.path("topics");
            if (log.path("address").asString("").equalsIgnoreCase(asset)
                    && topics.path(0).asString("").equals(TRANSFER)
                    && topics.path(1).asString("").equalsIgnoreCase("0x" + word(from))
                    && topics.path(2).asString("").equalsIgnoreCase("0x" + word(to))
                    && new BigInteger(digits(log.path("data").asString("0x0")), 16).compareTo(amount) >= 0) {
                return true;
            }
        }
        return false;
    }

    private String firstBlock(URI node) throws IOException, InterruptedException {
        long latest =
                Long.parseLong(digits(call(node, "eth_blockNumber", array()).asString("0x0")), 16);
        return "0x" + Long.toHexString(Math.max(0, latest - BLOCKS));
    }

    private JsonNode call(URI node, String method, ArrayNode parameters) throws IOException, InterruptedException {
        ObjectNode body = JsonNodeFactory.instance
                .objectNode()
                .put("jsonrpc", "2.0")
                .put("id", 1)
                .put("method", method)
                .set("params", parameters);
        HttpRequest request = HttpRequest.newBuilder(node)
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(Json.of(body).text()))
                .build();
        byte[] answer = http.send(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MOST_BYTES))
                .body();
        JsonNode json = JsonInput.read("answer", answer);
        if (!json.has("result")) {
            throw new IOException(method + " has no result");
        }
        return json.path("result");
    }

    private static ArrayNode array() {
        return JsonNodeFactory.instance.arrayNode();
    }

    private static ObjectNode object(String to, String data) {
        return JsonNodeFactory.instance.objectNode().put("to", to).put("data", data);
    }

    /// An address as a word of 32 bytes.
    private static String word(String address) {
        return "0".repeat(24) + digits(address).toLowerCase(Locale.ROOT);
    }

    private static String digits(String hex) {
        return hex.startsWith("0x") ? hex.substring(2) : hex;
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
