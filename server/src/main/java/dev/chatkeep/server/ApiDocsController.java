package dev.chatkeep.server;

import java.io.IOException;
import java.time.Duration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/// `/api/openapi.json` and `/api/docs`: the API's description, for programs and for people. Nobody has to sign
/// in.
///
/// The description is the file docs/api/openapi.json, which a test holds to the routes. So nothing is scanned
/// or generated here. The page is Swagger UI, all of it from this server.
@RestController
@RequestMapping("/api")
@ConditionalOnBooleanProperty(name = "chatkeep.api-docs.enabled", matchIfMissing = true)
final class ApiDocsController {

    /// Swagger UI sets styles on its elements, and has its icons in the style sheet.
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
            + "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final MediaType CSS = MediaType.parseMediaType("text/css;charset=UTF-8");
    private static final MediaType HTML = MediaType.parseMediaType("text/html;charset=UTF-8");
    private static final MediaType SCRIPT = MediaType.parseMediaType("text/javascript;charset=UTF-8");
    private static final Duration KEPT = Duration.ofHours(1);

    private final Resource style;
    private final Resource swagger;

    ApiDocsController() throws IOException {
        this.style = swaggerUi("swagger-ui.css");
        this.swagger = swaggerUi("swagger-ui-bundle.js");
    }

    @GetMapping("/openapi.json")
    ResponseEntity<byte[]> description() throws IOException {
        return answer(MediaType.APPLICATION_JSON, own("openapi.json"), CacheControl.noCache());
    }

    @GetMapping("/docs")
    ResponseEntity<byte[]> page() throws IOException {
        return ResponseEntity.ok()
                .contentType(HTML)
                .header("Content-Security-Policy", POLICY)
                .body(own("docs.html").getContentAsByteArray());
    }

    @GetMapping("/docs/docs.js")
    ResponseEntity<byte[]> script() throws IOException {
        return answer(SCRIPT, own("docs.js"), CacheControl.noCache());
    }

    @GetMapping("/docs/swagger-ui.css")
    ResponseEntity<byte[]> style() throws IOException {
        return answer(CSS, style, CacheControl.maxAge(KEPT));
    }

    @GetMapping("/docs/swagger-ui-bundle.js")
    ResponseEntity<byte[]> swagger() throws IOException {
        return answer(SCRIPT, swagger, CacheControl.maxAge(KEPT));
    }

    /// Always the whole content: as a resource it would be sent by ranges, and whole under the status 416 as
    /// well.
    private static ResponseEntity<byte[]> answer(MediaType type, Resource content, CacheControl cache)
            throws IOException {
        return ResponseEntity.ok().contentType(type).cacheControl(cache).body(content.getContentAsByteArray());
    }

    private static Resource own(String name) {
        return new ClassPathResource(name, ApiDocsController.class);
    }

    /// A file of the one Swagger UI on the class path, whose folder is named for its version.
    private static Resource swaggerUi(String name) throws IOException {
        Resource[] found = new PathMatchingResourcePatternResolver()
                .getResources("classpath*:META-INF/resources/webjars/swagger-ui/*/" + name);
        if (found.length != 1) {
            throw new IOException("one swagger-ui is expected on the class path, there are " + found.length);
        }
        return found[0];
    }
}
