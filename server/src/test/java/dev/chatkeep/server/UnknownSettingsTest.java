package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/// A setting that there is not ends the start.
class UnknownSettingsTest {

    private static void checkProperty(String name, String value) {
        check(new MapPropertySource("test", Map.of(name, value)));
    }

    private static void checkVariable(String name, String value) {
        check(new SystemEnvironmentPropertySource("test", Map.of(name, value)));
    }

    private static void check(MapPropertySource source) {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(source);
        UnknownSettings.check(environment);
    }

    @Nested
    class OnTheCommandLineOrInAFile {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "chatkeep.data-dir",
                    "chatkeep.dataDir",
                    "chatkeep.data_dir",
                    "chatkeep.DATA-DIR",
                    "CHATKEEP.data-dir",
                    "chatkeep.hosts",
                    "chatkeep.hosts[0]",
                    "chatkeep.database.url",
                    "chatkeep.api-docs.enabled",
                    "chatkeep.auth.issuers[3].jwk-set-uri",
                    "chatkeep.auth.issuers[0].audience",
                    "chatkeep.auth.issuers[0].audience[1]",
                    "chatkeep.models[0].contextTokens",
                    "chatkeep.payments.headers.verify.Authorization",
                    "chatkeep.payments.headers[verify][X-Key]",
                    "chatkeep.payments.networks[0].pay-to",
                    "chatkeep.payments.verify-timeout",
                    "logging.level.chatkeep.audit",
                    "chatkeeper.foo",
                    "my.chatkeep.foo"
                })
        void aKnownNameIsAccepted(String name) {
            assertThatCode(() -> checkProperty(name, "x")).doesNotThrowAnyException();
        }

        @ParameterizedTest
        @CsvSource({
            "chatkeep.dat-dir, chatkeep.data-dir",
            "chatkeep.data.dir, chatkeep.data-dir",
            "chatkeep.databse.url, chatkeep.database.url",
            "chatkeep.database-url, chatkeep.database.url",
            "chatkeep.auth.guests.enabled, chatkeep.auth.guest.enabled",
            "chatkeep.guest.enabled, chatkeep.auth.guest.enabled",
            "chatkeep.cors.origin, chatkeep.cors.origins",
            "chatkeep.host, chatkeep.hosts",
            "chatkeep.modles[1].id, chatkeep.models[1].id",
            "chatkeep.models[2].contextToken, chatkeep.models[2].context-tokens",
            "chatkeep.auth.admins[1].subjekt, chatkeep.auth.admins[1].subject",
            "chatkeep.hosts.name, ''",
            "chatkeep.data-dir.path, ''",
            "chatkeep.models.id, chatkeep.models[0].id",
            "chatkeep.foo, ''",
            "chatkeep, ''"
        })
        void anUnknownOneIsNamedWithTheNearest(String name, String nearest) {
            assertThatThrownBy(() -> checkProperty(name, "x"))
                    .isInstanceOf(SettingsException.class)
                    .hasMessage("There is no setting " + name + "."
                            + (nearest.isEmpty() ? "" : " Did you mean " + nearest + "?"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"chatkeep.models", "chatkeep.payments", "chatkeep.auth", "chatkeep"})
        void aGroupMayBeEmptyAndHasNoValue(String name) {
            assertThatCode(() -> checkProperty(name, "")).doesNotThrowAnyException();
            assertThatThrownBy(() -> checkProperty(name, "x")).isInstanceOf(SettingsException.class);
        }
    }

    @Nested
    class InTheEnvironment {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "CHATKEEP_DATA_DIR",
                    "CHATKEEP_DATADIR",
                    "chatkeep_data_dir",
                    "CHATKEEP_HOSTS_0",
                    "CHATKEEP_MODELS_0_CONTEXT_TOKENS",
                    "CHATKEEP_AUTH_ISSUERS_0_AUDIENCE_1",
                    "CHATKEEP_PAYMENTS_HEADERS_VERIFY_AUTHORIZATION",
                    "CHATKEEP_API_DOCS_ENABLED",
                    "CHATKEEP",
                    "MY_CHATKEEP_FOO",
                    "CHATKEEPER_FOO"
                })
        void aKnownNameIsAccepted(String name) {
            assertThatCode(() -> checkVariable(name, "x")).doesNotThrowAnyException();
        }

        @ParameterizedTest
        @CsvSource({
            "CHATKEEP_DATBASE_URL, CHATKEEP_DATABASE_URL",
            "chatkeep_datbase_url, CHATKEEP_DATABASE_URL",
            "CHATKEEP_GUEST_ENABLED, CHATKEEP_AUTH_GUEST_ENABLED",
            "CHATKEEP_DATA_DIRS, CHATKEEP_DATA_DIR",
            "CHATKEEP_FOO, ''",
            "CHATKEEP_PORT, ''",
            "CHATKEEP_SERVICE, ''"
        })
        void anUnknownOneIsNamedWithTheNearest(String name, String nearest) {
            assertThatThrownBy(() -> checkVariable(name, "8080"))
                    .isInstanceOf(SettingsException.class)
                    .hasMessage("There is no setting for the variable " + name + "."
                            + (nearest.isEmpty() ? "" : " Did you mean " + nearest + "?"));
        }

        @Test
        void aNameWithDotsIsThatOfAProperty() {
            assertThatCode(() -> checkVariable("chatkeep.data-dir", "x")).doesNotThrowAnyException();
            assertThatThrownBy(() -> checkVariable("chatkeep.dat-dir", "x")).hasMessageContaining("chatkeep.data-dir?");
        }

        /// Kubernetes sets them in each container for each service, here `chatkeep` and `chatkeep-database`.
        @ParameterizedTest
        @CsvSource({
            "CHATKEEP_SERVICE_HOST, 10.0.0.11",
            "CHATKEEP_SERVICE_PORT, 8080",
            "CHATKEEP_SERVICE_PORT_HTTP, 8080",
            "CHATKEEP_PORT, tcp://10.0.0.11:8080",
            "CHATKEEP_PORT_8080_TCP, tcp://10.0.0.11:8080",
            "CHATKEEP_PORT_8080_TCP_PROTO, tcp",
            "CHATKEEP_PORT_8080_TCP_PORT, 8080",
            "CHATKEEP_PORT_8080_TCP_ADDR, 10.0.0.11",
            "CHATKEEP_DATABASE_SERVICE_HOST, 10.0.0.12",
            "CHATKEEP_DATABASE_PORT, tcp://10.0.0.12:5432",
            "CHATKEEP_DATABASE_PORT_5432_TCP_ADDR, 10.0.0.12"
        })
        void aLinkToAServiceIsNoSetting(String name, String value) {
            assertThatCode(() -> checkVariable(name, value)).doesNotThrowAnyException();
        }
    }

    @Test
    void severalAreNamedAtOnce() {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(new MapPropertySource("test", Map.of("chatkeep.foo", 1)));
        environment
                .getPropertySources()
                .addLast(new SystemEnvironmentPropertySource("more", Map.of("CHATKEEP_MODLE", "x")));

        assertThatThrownBy(() -> UnknownSettings.check(environment)).hasMessage("""
                There is no setting chatkeep.foo.
                There is no setting for the variable CHATKEEP_MODLE. Did you mean CHATKEEP_MODEL?""");
    }

    @Test
    void theServerDoesNotStartAndSaysWhy(@TempDir Path folder) throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("application.yaml"), """
                chatkeep:
                  auth:
                    guests:
                      enabled: false
                """);
        try (ChildServer server = ChildServer.start(
                List.of("-Dchatkeep.data_dri=x"),
                "spring.config.additional-location=" + file.toUri(),
                "chatkeep.database-url=jdbc:postgresql://127.0.0.1:1/none")) {
            assertThat(server.exitCode()).isEqualTo(1);
            assertThat(server.output())
                    .contains("There is no setting chatkeep.auth.guests.enabled (")
                    .contains("application.yaml")
                    .contains("Did you mean chatkeep.auth.guest.enabled?")
                    .contains("There is no setting chatkeep.data_dri. Did you mean chatkeep.data-dir?")
                    .contains("There is no setting chatkeep.database-url")
                    .contains("docs/operate.md")
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void eachSettingOfTheDocumentsIsKnown() throws IOException {
        List<String> documented = Pattern.compile("(?m)^\\| `(chatkeep\\.[a-z.-]+)` \\| (?:`(CHATKEEP_[A-Z_]+)`)?")
                .matcher(Files.readString(Path.of("..", "docs", "operate.md")))
                .results()
                .map(row -> {
                    String variable = row.group(2);
                    if (variable != null) {
                        assertThatCode(() -> checkVariable(variable, "x")).doesNotThrowAnyException();
                    }
                    return row.group(1);
                })
                .toList();

        assertThat(documented).hasSizeGreaterThan(20).allSatisfy(name -> {
            // A group has no value.
            assertThatCode(() -> checkProperty(name, "")).doesNotThrowAnyException();
        });
    }
}
