package dev.chatkeep.x402;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.JsonInput;
import dev.chatkeep.db.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Talks to the facilitator, which knows the chains: x402's `/verify`, `/settle` and `/supported`. An answer with
/// another status than 200 counts as well when it has the answer's form. Thread-safe.
final class Facilitator implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Facilitator.class);
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final int MOST_BYTES = 64 << 10;
    private static final int LOGGED = 500;

    private final PaymentSettings settings;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();

    Facilitator(PaymentSettings settings) {
        this.settings = settings;
    }

    /// What was said of a payment.
    sealed interface Answer {
        /// It is good, or it is settled.
        ///
        /// @param transaction of a settled one
        record Good(@Nullable String payer, @Nullable String transaction, Json json) implements Answer {}

        record Bad(String reason, Json json) implements Answer {}

        /// No answer, or none that can be understood. Of a settlement: it may have happened.
        record None(String why) implements Answer {}
    }

    Answer verify(int version, Json payload, Json requirements) {
        return post("verify", settings.verifyTimeout(), version, payload, requirements, "isValid", "invalidReason");
    }

    Answer settle(int version, Json payload, Json requirements) {
        return post("settle", settings.settleTimeout(), version, payload, requirements, "success", "errorReason");
    }

    /// Which payments it takes; empty when it does not say.
    Optional<JsonNode> supported() {
        return send("supported", settings.verifyTimeout(), request -> request.GET())
                .map(HttpResponse::body)
                .flatMap(Facilitator::read)
                .filter(json -> json.path("kinds").isArray());
    }

    private Answer post(
            String path,
            Duration timeout,
            int version,
            Json payload,
            Json requirements,
            String verdict,
            String reason) {
        ObjectNode body = JsonNodeFactory.instance.objectNode().put("x402Version", version);
        body.set("paymentPayload", payload.tree());
        body.set("paymentRequirements", requirements.tree());
        Optional<HttpResponse<byte[]>> response = send(
                path,
                timeout,
                request -> request.header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(Json.of(body).text())));
        if (response.isEmpty()) {
            return new Answer.None("facilitator_unreachable");
        }
        Optional<JsonNode> json = read(response.get().body())
                .filter(answer -> answer.path(verdict).isBoolean());
        if (json.isEmpty()) {
            LOG.warn(
                    "the facilitator's /{} answered {} and nothing that can be understood",
                    path,
                    response.get().statusCode());
            return new Answer.None("facilitator_unintelligible");
        }
        return answer(json.get(), verdict, reason);
    }

    private static Answer answer(JsonNode json, String verdict, String reason) {
        if (json.path(verdict).booleanValue()) {
            return new Answer.Good(text(json, "payer"), text(json, "transaction"), Json.of(json));
        }
        String why = json.path(reason).asString("");
        String words = Json.of(json).text();
        LOG.info("the facilitator refused: {}", words.substring(0, Math.min(LOGGED, words.length())));
        return new Answer.Bad(PaymentRefused.word(why), Json.of(json));
    }

    private static @Nullable String text(JsonNode json, String field) {
        String text = json.path(field).asString("");
        return text.isEmpty() ? null : text;
    }

    private Optional<HttpResponse<byte[]>> send(
            String path, Duration timeout, UnaryOperator<HttpRequest.Builder> kind) {
        HttpRequest.Builder request = kind.apply(HttpRequest.newBuilder(at(path)));
        settings.headers().getOrDefault(path, Map.of()).forEach(request::header);
        return within(timeout, path, request.build());
    }

    /// Sends on a thread of its own, which is given up when the time is over: the client's own timeout ends with the
    /// headers, and its asynchronous form needs the JVM's common pool, which may be busy.
    private Optional<HttpResponse<byte[]>> within(Duration timeout, String path, HttpRequest request) {
        var answer = new AtomicReference<@Nullable HttpResponse<byte[]>>();
        Thread sender = Thread.ofVirtual().name("x402-" + path).start(() -> {
            try {
                answer.set(http.send(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MOST_BYTES)));
            } catch (IOException broken) {
                LOG.warn("the facilitator's /{} cannot be reached: {}", path, broken.toString());
            } catch (InterruptedException late) {
                LOG.warn("the facilitator's /{} did not answer within {}", path, timeout, late);
            }
        });
        try {
            if (!sender.join(timeout)) {
                sender.interrupt();
            }
        } catch (InterruptedException stopped) {
            sender.interrupt();
            Thread.currentThread().interrupt();
        }
        return Optional.ofNullable(answer.get());
    }

    private URI at(String path) {
        String base = settings.facilitator().toString();
        return URI.create(base.endsWith("/") ? base + path : base + "/" + path);
    }

    private static Optional<JsonNode> read(byte[] body) {
        try {
            return Optional.of(JsonInput.read("answer", body));
        } catch (Invalid unreadable) {
            LOG.debug("an answer of the facilitator cannot be read", unreadable);
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
