package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.util.FileSystemUtils;

/// docs/api/openapi.json is a description that programs understand: a linter finds nothing, and the clients
/// that
/// openapi-generator makes of it compile, and chat with a server.
@Tag("slow")
class GeneratedClientTest {

    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final Path DESCRIPTION = Path.of("..", "docs", "api", "openapi.json");
    private static final Path PROGRAMS = Path.of("src", "test", "generated-clients");
    private static final Path TARGET = Path.of("target", "generated-clients");
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static TestServer server;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        NodePrograms.GENERATED.install();
        server = TestServer.start("chatkeep.openai.api-key=", "chatkeep.openai.base-url=");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void aLinterFindsNothingInTheDescription() throws IOException, InterruptedException {
        NodePrograms.GENERATED.run(
                "node_modules/@stoplight/spectral-cli/dist/index.js",
                "lint",
                "--fail-severity=warn",
                "--ruleset=spectral.yaml",
                DESCRIPTION.toAbsolutePath().normalize().toString());
    }

    @Test
    void theJavaClientCompilesAndChats() throws IOException, InterruptedException {
        Path sources = generate(
                "java",
                "--library=native",
                "--additional-properties=useJakartaEe=true,sourceFolder=main",
                "--invoker-package=dev.chatkeep.client",
                "--api-package=dev.chatkeep.client.api",
                "--model-package=dev.chatkeep.client.model");
        Path classes = Files.createDirectories(TARGET.resolve("classes"));

        compile(classes, Stream.concat(javaFiles(sources.resolve("main")), Stream.of(PROGRAMS.resolve("Client.java"))));

        String path = classes + File.pathSeparator + System.getProperty("java.class.path");
        NodePrograms.run(TIMEOUT, new ProcessBuilder(JAVA, "-cp", path, "Client", server.url()));
    }

    @Test
    void theTypeScriptClientCompilesAndChats() throws IOException, InterruptedException {
        generate("typescript-fetch");

        NodePrograms.GENERATED.run("node_modules/typescript/bin/tsc", "-p", "tsconfig.json");

        String program = TARGET.resolve("js")
                .resolve(PROGRAMS)
                .resolve("client.js")
                .toAbsolutePath()
                .toString();
        NodePrograms.GENERATED.run(program, server.url());
    }

    /// The folder of what the generator of this name makes of the description, without a complaint.
    private static Path generate(String generator, String... options) throws IOException, InterruptedException {
        Path folder = TARGET.resolve(generator.replaceAll("-.*", ""));
        FileSystemUtils.deleteRecursively(folder);
        var command = new ArrayList<>(List.of(
                JAVA,
                "-jar",
                Path.of("target", "openapi-generator-cli.jar").toString(),
                "generate",
                "--generator-name=" + generator,
                "--input-spec=" + DESCRIPTION,
                "--output=" + folder));
        command.addAll(List.of(options));
        String said = NodePrograms.run(TIMEOUT, new ProcessBuilder(command).redirectErrorStream(true));
        assertThat(said).doesNotContain(" ERROR ");
        return folder;
    }

    private static void compile(Path classes, Stream<Path> sources) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter complaints = new StringWriter();
        var files = compiler.getStandardFileManager(null, null, null);
        var options = List.of(
                "-proc:none", "-nowarn", "-d", classes.toString(), "-cp", System.getProperty("java.class.path"));
        boolean compiles = compiler.getTask(
                        complaints, files, null, options, null, files.getJavaFileObjectsFromPaths(sources.toList()))
                .call();
        assertThat(compiles).as(complaints.toString()).isTrue();
    }

    private static Stream<Path> javaFiles(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
        }
    }
}
