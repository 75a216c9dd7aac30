package dev.chatkeep.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresOptionsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fsync",
                "FSYNC",
                "synchronous_commit",
                "synchronous-commit",
                "Full-Page_writes",
                "listen_addresses",
                "unix_socket_directories",
                "password_encryption",
                "port",
                "max_connections",
                "hba_file",
                "fsync=off -c x",
                ""
            })
    void refusesToChange(String setting) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PostgresOptions.defaults().withSetting(setting, "off"));
    }

    @Test
    void takesOtherSettings() {
        assertThat(PostgresOptions.defaults()
                        .withSetting("shared_buffers", "64MB")
                        .withSetting("auto_explain.log_min_duration", "1s")
                        .settings())
                .hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65_536})
    void refusesThePort(int port) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PostgresOptions.defaults().withPort(port));
    }

    @ParameterizedTest
    @ValueSource(ints = {9, 10_001})
    void refusesTheNumberOfConnections(int connections) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PostgresOptions.defaults().withMaxConnections(connections));
    }
}
