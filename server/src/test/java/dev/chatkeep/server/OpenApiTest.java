package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.chatkeep.db.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The description in docs/api/openapi.json is that of the code, and it is what the server shows.
class OpenApiTest {

    private static final Path FILE = Path.of("..", "docs", "api", "openapi.json");
    private static final String AGAIN = "mvn verify -pl server -am -Dtest=OpenApiTest -Dopenapi.write=true"
            + " -Dsurefire.failIfNoSpecifiedTests=false";

    private static final boolean WRITING = Boolean.getBoolean("openapi.write");

    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.answering(
                Scripts.saysText("Hi."),
                "springdoc.api-docs.enabled=true",
                "springdoc.api-docs.version=openapi_3_1",
                "springdoc.paths-to-match=/api/**",
                "springdoc.default-produces-media-type=application/json",
                "springdoc.default-flat-param-object=true",
                "springdoc.override-with-generic-response=false");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void theFileIsTheDescriptionOfTheCode() throws IOException {
        JsonNode generated = server.nobody().get("/v3/api-docs").json();
        ObjectNode description = ApiDescription.of(generated, AnswerRecords.of(handlers()));

        if (WRITING) {
            Files.writeString(
                    FILE, Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(description) + "\n");
        }

        assertThat(file())
                .as("docs/api/openapi.json is not that of the code; write it again: %s", AGAIN)
                .isEqualTo(description);
    }

    @Test
    void everyMappedRouteIsDescribedAndNoOther() throws IOException {
        var described = new TreeSet<String>();
        for (var path : file().path("paths").properties()) {
            path.getValue()
                    .propertyNames()
                    .forEach(method -> described.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey()));
        }

        assertThat(described).isEqualTo(mapped());
    }

    @Test
    void itIsShownWithoutSignIn() throws Exception {
        assumeFalse(WRITING, "a file that was just written is not in this build");
        HttpResponse<String> answer = fetch(server, "/api/openapi.json");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(Json.MAPPER.readTree(answer.body())).isEqualTo(file());
    }

    @ParameterizedTest
    @CsvSource({
        "/api/docs, text/html, docs/swagger-ui-bundle.js",
        "/api/docs/docs.js, text/javascript, openapi.json",
        "/api/docs/swagger-ui.css, text/css, .swagger-ui",
        "/api/docs/swagger-ui-bundle.js, text/javascript, SwaggerUIBundle"
    })
    void thePageComesWhollyFromThisServer(String path, String type, String content) throws Exception {
        HttpResponse<String> answer = fetch(server, path);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith(type);
        assertThat(answer.body()).contains(content);
    }

    @Test
    void thePageMayLoadNothingFromElsewhereAndRunsNothingInline() throws Exception {
        HttpResponse<String> answer = fetch(server, "/api/docs");

        assertThat(answer.headers().firstValue("Content-Security-Policy").orElse(""))
                .contains("default-src 'none'", "script-src 'self';", "connect-src 'self';");
        assertThat(answer.body()).doesNotContain("http://", "https://", "<script>", "<style>", "style=");
    }

    @Test
    void bothCanBeSwitchedOff() {
        try (TestServer closed = TestServer.answering(Scripts.saysText("Hi."), "chatkeep.api-docs.enabled=false")) {
            assertThat(Stream.of("/api/openapi.json", "/api/docs", "/api/docs/docs.js")
                            .map(path -> closed.guest().get(path)))
                    .allSatisfy(answer -> {
                        assertThat(answer.status()).isEqualTo(404);
                        assertThat(answer.code()).isEqualTo("no_such_route");
                    });
        }
    }

    private static JsonNode file() throws IOException {
        return Json.MAPPER.readTree(Files.readString(FILE));
    }

    private static List<RequestMappingInfoHandlerMapping> mappings() {
        return List.copyOf(server.beans(RequestMappingInfoHandlerMapping.class));
    }

    private static Collection<HandlerMethod> handlers() {
        return mappings().stream()
                .flatMap(mapping -> mapping.getHandlerMethods().values().stream())
                .filter(handler -> handler.getBeanType().getName().startsWith("dev.chatkeep."))
                .toList();
    }

    private static Set<String> mapped() {
        List<String> leftOut = ApiDescription.leftOut();
        var routes = new TreeSet<String>();
        for (RequestMappingInfoHandlerMapping mapping : mappings()) {
            for (RequestMappingInfo route : mapping.getHandlerMethods().keySet()) {
                for (String path : route.getPatternValues()) {
                    if (path.startsWith("/api") && !leftOut.contains(path)) {
                        for (RequestMethod method : route.getMethodsCondition().getMethods()) {
                            routes.add(method + " " + path);
                        }
                    }
                }
            }
        }
        return routes;
    }

    private static HttpResponse<String> fetch(TestServer from, String path) throws Exception {
        try (HttpClient browser = HttpClient.newHttpClient()) {
            return browser.send(
                    HttpRequest.newBuilder(URI.create(from.url() + path)).build(), BodyHandlers.ofString());
        }
    }
}
