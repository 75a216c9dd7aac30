package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A body may come as gzip, on every route, within the same limits.
class GzipBodyTest {

    private static final String GZIP = "Content-Encoding: gzip";

    private static TestServer server;
    private static BodyRoutes routes;

    @BeforeAll
    static void start() {
        server = TestServer.answering(Scripts.saysText("Hi."), "chatkeep.auth.domains=localhost");
        routes = BodyRoutes.of(server);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static byte[] gzip(String text) {
        return gzip(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] gzip(byte[] bytes) {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return out.toByteArray();
    }

    private static byte[] join(byte[]... pieces) {
        var all = new ByteArrayOutputStream();
        Arrays.stream(pieces).forEach(all::writeBytes);
        return all.toByteArray();
    }

    @Test
    void itMeansTheSameAsTheBodyItself() throws IOException {
        for (BodyRoutes.Route route : BodyRoutes.all()) {
            RawAnswer plain = routes.send(route.line(), route.body().getBytes(StandardCharsets.UTF_8));
            RawAnswer zipped = routes.send(route.line(), gzip(route.body()), GZIP);

            assertThat(zipped.status()).as(route.line()).isEqualTo(plain.status());
            if (plain.status() >= 400) {
                assertThat(zipped.body()).isEqualTo(plain.body());
            }
        }
    }

    @Test
    void aWholeHistoryIsRead() throws IOException {
        String history = "{\"role\":\"user\",\"content\":\"" + noise(2 << 20) + "\"},";
        String turn = "{\"id\":\"h\",\"messages\":[" + history
                + "{\"id\":\"l\",\"role\":\"user\",\"content\":\"the last\"}]}";

        RawAnswer answer = routes.send("POST /api/chat", gzip(turn), "Content-Encoding: GZIP");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).contains("Hi.", "[DONE]");
    }

    private static String noise(int length) {
        return new Random(1)
                .ints(length, 'a', 'z')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    @Test
    void severalMembersAreOneBodyWhereverTheyAreCut() throws IOException {
        byte[] body = join(gzip("{\"title\":"), gzip(""), gzip("\"members\"}"));
        for (String coding : new String[] {GZIP, "Content-Encoding: x-gzip"}) {
            assertThat(routes.send("POST /api/chats", body, coding).status()).isEqualTo(201);
        }
    }

    @Test
    void aHeaderWithEveryFieldIsRead() throws IOException {
        byte[] plain = gzip("{\"title\":\"header\"}");
        byte[] header = {0x1f, (byte) 0x8b, 8, 31, 1, 2, 3, 4, 0, 3, 2, 0, 'x', 'y', 'n', 0, 'c', 0, 9, 9};

        byte[] body = join(header, Arrays.copyOfRange(plain, 10, plain.length));

        assertThat(routes.send("POST /api/chats", body, GZIP).status()).isEqualTo(201);
    }

    @Nested
    class Damage {

        private void assertRefused(byte[] body, String what) throws IOException {
            for (String line : new String[] {"POST /api/chats", "POST /api/chat"}) {
                RawAnswer answer = routes.send(line, body, GZIP);

                assertThat(answer.status()).as("%s to %s", what, line).isEqualTo(400);
                assertThat(answer.assertProblem().code()).as(what).isEqualTo("malformed_body");
            }
        }

        @Test
        void anywhereIsRefused() throws IOException {
            byte[] body = gzip("{\"id\":\"z\",\"message\":{\"role\":\"user\",\"content\":\"abc\"}}");
            for (int length = 0; length < body.length; length++) {
                assertRefused(Arrays.copyOf(body, length), "cut at " + length);
            }
            for (int i : new int[] {0, 1, 2, body.length - 8, body.length - 5, body.length - 4, body.length - 1}) {
                byte[] damaged = body.clone();
                damaged[i] ^= 0x41;
                assertRefused(damaged, "damaged at " + i);
            }
            byte[] flags = body.clone();
            flags[3] = (byte) 0x80;
            assertRefused(flags, "an unknown flag");
            byte[] data = body.clone();
            data[10] = 0x07;
            assertRefused(data, "an unknown kind of block");
        }

        @Test
        void behindItIsRefused() throws IOException {
            byte[] body = gzip("{\"id\":\"z\"}");
            assertRefused(join(body, new byte[] {0}), "a byte");
            assertRefused(join(body, new byte[100]), "zeros");
            byte[] empty = gzip("");
            assertRefused(join(body, Arrays.copyOf(empty, empty.length - 1)), "half a member");
            assertRefused("{\"id\":\"z\"}".getBytes(StandardCharsets.UTF_8), "no gzip at all");
        }
    }

    @Nested
    class Bombs {

        private void assertTooLarge(String line, byte[] body, String detail) throws IOException {
            RawAnswer answer = routes.send(line, body, GZIP);

            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.assertProblem().json().path("detail").asString(""))
                    .contains(detail);
        }

        @Test
        void thatInflateToMoreThanTheLimitAreRefused() throws IOException {
            String large = "{\"title\":\"" + noise((1 << 20) + 1) + "\"}";
            assertTooLarge("POST /api/chats", gzip(large), "1048576 bytes");
            assertTooLarge("POST /api/auth/login", gzip(large), "32768 bytes");
            assertTooLarge("POST /api/chats/c/messages", gzip(noise((4 << 20) + 1)), "4194304 bytes");
        }

        @Test
        void thatInflateToFarMoreThanTheyAreAreRefused() throws IOException {
            byte[] spaces = new byte[30 << 20];
            Arrays.fill(spaces, (byte) ' ');
            assertTooLarge("POST /api/chat", gzip(spaces), "100 times");
            assertTooLarge("POST /api/chats/c/messages", gzip(Arrays.copyOf(spaces, 3 << 20)), "100 times");
        }

        @Test
        void thatAreLargeBeforeTheyAreInflatedAreRefused() throws IOException {
            byte[] empty = gzip("");
            byte[] many = new byte[(33 << 20) / empty.length * empty.length];
            for (int i = 0; i < many.length; i += empty.length) {
                System.arraycopy(empty, 0, many, i, empty.length);
            }
            assertTooLarge("POST /api/chat", many, "33554432 bytes");
            byte[] name = new byte[2 << 20];
            Arrays.fill(name, (byte) 'n');
            assertTooLarge(
                    "POST /api/chats",
                    join(new byte[] {0x1f, (byte) 0x8b, 8, 8, 0, 0, 0, 0, 0, 3}, name),
                    "1048576 bytes");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"br", "deflate", "zstd", "compress", "gzip, gzip", "gzip,identity", "identity, gzip", "aes128gcm"
            })
    void anyOtherCodingIsRefused(String coding) throws IOException {
        for (BodyRoutes.Route route : BodyRoutes.all()) {
            RawAnswer answer = routes.send(route.line(), gzip(route.body()), "Content-Encoding: " + coding);

            assertThat(answer.status()).as(route.line()).isEqualTo(415);
            assertThat(answer.assertProblem().code()).isEqualTo("unsupported_media_type");
            assertThat(answer.field()).isEqualTo("Content-Encoding");
            assertThat(answer.headers()).containsEntry("Accept-Encoding", "gzip");
        }
        assertThat(routes.send("POST /api/chats", gzip("{}"), GZIP, GZIP).status())
                .isEqualTo(415);
    }

    @ParameterizedTest
    @ValueSource(strings = {"identity", "", "Identity"})
    void noCodingMayBeNamed(String coding) throws IOException {
        byte[] body = "{\"title\":\"plain\"}".getBytes(StandardCharsets.UTF_8);

        assertThat(routes.send("POST /api/chats", body, "Content-Encoding: " + coding)
                        .status())
                .isEqualTo(201);
    }
}
