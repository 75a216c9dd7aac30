package dev.chatkeep.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.chatkeep");
    private static final int LONGEST_FILE = 400;

    @Test
    void importsGoOneWay() {
        mayNotUse(
                "dev.chatkeep.db",
                "payment",
                "chat",
                "message",
                "run",
                "user",
                "web",
                "langchain4j",
                "postgres",
                "server");
        mayNotUse("dev.chatkeep.deadline", "db", "payment", "chat", "message", "run", "user", "web", "server");
        mayNotUse("dev.chatkeep.payment", "chat", "message", "run", "web", "langchain4j", "postgres", "server");
        mayNotUse("dev.chatkeep.user", "payment", "chat", "message", "run", "web", "langchain4j", "postgres", "server");
        mayNotUse("dev.chatkeep.chat", "message", "run", "web", "langchain4j", "postgres", "server");
        mayNotUse("dev.chatkeep.message", "run", "web", "langchain4j", "postgres", "server");
        mayNotUse("dev.chatkeep.run", "web", "langchain4j", "postgres", "server");
        mayNotUse("dev.chatkeep.web", "langchain4j", "postgres", "server");
        mayNotUse("dev.chatkeep.signin", "chat", "message", "run", "token", "web");
        mayNotUse("dev.chatkeep.token", "chat", "message", "run", "signin", "web");
        mayNotUse("dev.chatkeep.x402", "chat", "message", "run", "signin", "token", "web");
        mayNotUse("dev.chatkeep.langchain4j", "web", "postgres", "server");
        mayNotUse("dev.chatkeep.postgres", "db", "chat", "message", "run", "user", "web", "langchain4j", "server");
    }

    @Test
    void onlyThePackageDbKnowsMigrations() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.chatkeep.db")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.flywaydb..")
                .check(CLASSES);
    }

    @Test
    void onlyTheAdapterKnowsTheModelLibrary() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.chatkeep.langchain4j")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.langchain4j..")
                .check(CLASSES);
    }

    @Test
    void whatProvesWhoSomeoneIsAndWhatTheyPaidKnowsNoFramework() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.chatkeep.signin", "dev.chatkeep.token", "dev.chatkeep.x402")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.springframework..", "jakarta.servlet..", "java.sql..")
                .check(CLASSES);
    }

    @Test
    void ourCodeSpeaksJackson3Only() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.fasterxml.jackson.databind..", "com.fasterxml.jackson.core..")
                .check(CLASSES);
    }

    @Test
    void noFileIsLongerThanAReaderCanHold() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(".."))) {
            assertThat(files.filter(file -> file.toString().endsWith(".java"))
                            .filter(file -> file.toString().contains("/src/main/"))
                            .filter(file -> lines(file) > LONGEST_FILE))
                    .isEmpty();
        }
    }

    private static void mayNotUse(String from, String... others) {
        String[] packages =
                Stream.of(others).map(other -> "dev.chatkeep." + other + "..").toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage(from + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(packages)
                .check(CLASSES);
    }

    private static long lines(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.count();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
