package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import net.ttddyy.dsproxy.QueryInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is counted by address: proving who one is, becoming a guest, and guessing tokens, however the path is spelled.
class AddressLimitsTest {

    /// Ways to write the same path, or one that looks like it.
    private static List<String> spellings(String path) {
        String last = path.substring(path.lastIndexOf('/') + 1);
        String folder = path.substring(0, path.lastIndexOf('/') + 1);
        String first = "%" + Integer.toHexString(last.charAt(0));
        var spellings = new ArrayList<String>(List.of(
                folder + first + last.substring(1),
                folder + first.toUpperCase(Locale.ROOT) + last.substring(1),
                path.replace("/api", "/%61pi"),
                path.replace("/api", "/%61%70%69"),
                folder + last.toUpperCase(Locale.ROOT),
                path.toUpperCase(Locale.ROOT),
                path + "/",
                path + "//",
                "/" + path,
                path.replace("/api/", "/api//"),
                path.replace("/api/", "/api/./"),
                path.replace("/api/", "/api/x/../"),
                path.replace("/api/", "/api/%2e/"),
                path.replace("/api/", "/api/x/%2e%2e/"),
                path.replace("/api/", "/api;a=b/"),
                path + ";a=b",
                path + ";",
                path + "%3b",
                path + "%20",
                path + "%00",
                path + "%0a",
                path + ".json",
                path + "?a=b",
                path + "?",
                path + "#a",
                path + "%2f",
                path.replace("/api/", "/api%2f"),
                path.replace("/api/", "/api\\"),
                folder + "%25" + first.substring(1) + last.substring(1),
                folder + "%u00" + first.substring(1) + last.substring(1),
                folder + "%c1%" + Integer.toHexString(last.charAt(0) | 0x80) + last.substring(1),
                folder + "\u017f" + last.substring(1),
                "http://127.0.0.1" + path,
                "http://127.0.0.1/x/.." + path));
        spellings.add(path);
        return spellings;
    }

    static Stream<String> signIns() {
        return Stream.of("/api/auth/guest", "/api/auth/nonce", "/api/auth/login", "/api/auth/wallets");
    }

    @ParameterizedTest
    @MethodSource("signIns")
    void everySpellingOfASignInIsCountedOrRefused(String path) throws IOException {
        try (TestServer server = TestServer.answering(
                Scripts.saysText("Hi."), "chatkeep.auth.domains=localhost", "chatkeep.limits.sign-ins=2")) {
            String token = "Authorization: Bearer " + server.guest().token();
            int reached = 0;
            for (String bearer : List.of(token, "X: y", "Authorization: Bearer ck_unknown")) {
                for (String spelling : spellings(path)) {
                    RawAnswer answer = RawHttp.of(server).ask("POST " + spelling, bearer, "Content-Length: 0");
                    if (answer.status() != 429 && !isNoRoute(answer)) {
                        reached++;
                    }
                }
            }

            assertThat(reached)
                    .as("requests that reached the route; one went into the guest")
                    .isEqualTo(1);
        }
    }

    /// Whether the path is refused as such, or is no route's.
    private static boolean isNoRoute(RawAnswer answer) {
        return switch (answer.status()) {
            case 404 -> true;
            case 401 -> answer.code().equals("unauthenticated");
            case 400 -> answer.field().equals("url");
            default -> false;
        };
    }

    @Test
    void everySpellingOfHealthIsTheProbeOrCounted() throws IOException {
        try (TestServer server =
                TestServer.answering(Scripts.saysText("Hi."), "chatkeep.limits.per-address=1", "chatkeep.hosts=x")) {
            RawHttp http = RawHttp.of(server);
            http.ask("GET /api/models");
            List<String> others = List.of(
                    "GET /api/healthzzz",
                    "GET /api/health/zzz",
                    "GET /api/health/liveness/zzz",
                    "GET /api/HEALTH",
                    "GET /api/health%20",
                    "GET /api/health.json",
                    "POST /api/health",
                    "DELETE /api/health",
                    "OPTIONS /api/health");

            for (String other : others) {
                assertThat(http.ask(other, "Content-Length: 0").status())
                        .as(other)
                        .isEqualTo(429);
            }
            for (String probe :
                    List.of("GET /api/health", "HEAD /api/health", "GET /api/%68ealth", "GET /api/health/readiness")) {
                assertThat(http.ask(probe, "Authorization: Bearer ck_unknown").status())
                        .as(probe)
                        .isEqualTo(200);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/chat", "/api/c%68at", "/%61pi/chat"})
    void aTurnThatWasAnsweredIsReadOnUnderAnySpelling(String path) {
        try (TestServer server = TestServer.answering(Scripts.saysText("Hi."), "chatkeep.limits.per-user=1")) {
            Api api = server.guest();
            String asked = Api.turn("c", "m1", "Hello");
            Api.chunks(api.post("/api/chat", asked));

            assertThat(Api.chunks(api.post(path, asked)).toString()).contains("Hi.");
            assertThat(api.post(path, Api.turn("c", "m2", "Hello")).code()).isEqualTo("rate_limited");
            assertThat(server.database().count("message")).isEqualTo(2);
        }
    }

    @Test
    void aTokenThatIsUnknownIsCountedBeforeItIsLookedUp() throws Exception {
        try (TestServer server = TestServer.answering(Scripts.saysText("Hi."), "chatkeep.limits.per-address=3")) {
            Api user = server.guest();
            List<Api.Answer> answers = new ArrayList<>();
            List<QueryInfo> lookedUp = server.sent(() -> answers.addAll(guess(server, 40)));

            assertThat(answers).filteredOn(answer -> answer.status() == 401).hasSize(3);
            assertThat(answers).filteredOn(answer -> answer.status() == 429).hasSize(37);
            assertThat(lookedUp)
                    .filteredOn(statement -> statement.getQuery().contains("session_token"))
                    .hasSize(3);
            assertThat(user.get("/api/chats").status()).as("who is signed in").isEqualTo(200);
            assertThat(RawHttp.of(server)
                            .ask("GET /api/chats", "Cookie: chatkeep_session=ck_guess")
                            .status())
                    .as("a guess in a cookie")
                    .isEqualTo(429);
        }
    }

    private static List<Api.Answer> guess(TestServer server, int times) {
        try (var guessers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Api.Answer>> guesses = new ArrayList<>();
            for (int i = 0; i < times; i++) {
                Api guesser = new Api(server.url(), "ck_guess" + i);
                guesses.add(() -> guesser.get("/api/chats"));
            }
            return guessers.invokeAll(guesses).stream()
                    .map(guess -> guess.resultNow())
                    .toList();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }

    @Test
    void aTokenThatTurnsOutGoodIsNotHeldAgainstItsAddress() {
        try (TestServer server = TestServer.answering(Scripts.saysText("Hi."), "chatkeep.limits.per-address=2")) {
            String id = server.guest()
                    .get("/api/auth/session")
                    .json()
                    .path("user")
                    .path("id")
                    .asString("");
            UUID user = UUID.fromString(id);
            for (int i = 0; i < 5; i++) {
                assertThat(new Api(server.url(), server.signIn(user))
                                .get("/api/chats")
                                .status())
                        .isEqualTo(200);
            }
            assertThat(server.nobody().get("/api/models").status()).isEqualTo(200);
        }
    }

    @Test
    void aTokenThatWasEndedIsCountedAgain() {
        try (TestServer server = TestServer.answering(Scripts.saysText("Hi."), "chatkeep.limits.per-address=2")) {
            Api user = server.guest();
            assertThat(user.post("/api/auth/logout", "").status()).isEqualTo(200);

            assertThat(user.get("/api/chats").status()).isEqualTo(401);
            assertThat(user.get("/api/chats").status()).isEqualTo(401);
            assertThat(user.get("/api/chats").status()).isEqualTo(429);
        }
    }

    @Test
    void anAddressMakesSoManyGuestsADayAndNoMore() {
        try (TestServer server = TestServer.answering(Scripts.saysText("Hi."), "chatkeep.limits.guests=3")) {
            for (int i = 0; i < 3; i++) {
                server.guest();
            }

            Api.Answer refused = server.nobody().post("/api/auth/guest", "");

            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.code()).isEqualTo("too_many_guests");
            assertThat(refused.headers().firstValueAsLong("Retry-After").orElse(0))
                    .isBetween(28_000L, 28_800L);
            assertThat(server.database().count("app_user")).isEqualTo(3);
            assertThat(server.nobody().post("/api/auth/nonce", "").code()).isEqualTo("wallets_disabled");
        }
    }

    /// What a proxy says stands for one subscriber, in whatever form it says it.
    @ParameterizedTest
    @CsvSource({
        "2001:db8:1:2::1, 2001:db8:1:2:ffff::9, 429",
        "2001:db8:1:2::1, 2001:db8:1:3::1, 200",
        "'[2001:db8:1:2::1]:443', 2001:db8:1:2::2, 429",
        "198.51.100.7:5678, 198.51.100.7, 429",
        "198.51.100.7:5678, 198.51.100.8, 200",
        "::ffff:198.51.100.7, 198.51.100.7, 429",
        "unknown, unknown, 429",
        "unknown, '_hidden', 200",
    })
    void anAddressIsCountedByItsNetwork(String first, String second, int status) throws IOException {
        try (TestServer server = TestServer.answering(
                Scripts.saysText("Hi."), "chatkeep.limits.guests=1", "server.forward-headers-strategy=native")) {
            RawHttp http = RawHttp.of(server);
            http.ask("POST /api/auth/guest", "X-Forwarded-For: " + first, "Content-Length: 0");

            RawAnswer answer = http.ask("POST /api/auth/guest", "X-Forwarded-For: " + second, "Content-Length: 0");

            assertThat(answer.status()).isEqualTo(status);
        }
    }
}
