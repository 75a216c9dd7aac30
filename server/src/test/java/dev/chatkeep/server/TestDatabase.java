package dev.chatkeep.server;

import dev.chatkeep.postgres.EmbeddedPostgres;
import dev.chatkeep.postgres.PostgresOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/// A database of a test's own on the one PostgreSQL of this JVM: the binaries Chatkeep brings, or those under
/// `CHATKEEP_TEST_POSTGRES`, such as an installed PostgreSQL 15.
record TestDatabase(String url, String user, String password) {

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static @Nullable EmbeddedPostgres server;

    static TestDatabase create() {
        EmbeddedPostgres postgres = server();
        String name = "test_" + COUNT.incrementAndGet();
        try (Connection connection =
                        DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), postgres.password());
                var statement = connection.createStatement()) {
            statement.execute("create database " + name);
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
        String url = "jdbc:postgresql://127.0.0.1:" + postgres.port() + "/" + name;
        return new TestDatabase(url, postgres.user(), postgres.password());
    }

    JdbcClient sql() {
        return JdbcClient.create(source());
    }

    DataSource source() {
        return new DriverManagerDataSource(url, user, password);
    }

    int port() {
        return server().port();
    }

    TestDatabase behind(int port) {
        return new TestDatabase(url.replace(":" + port() + "/", ":" + port + "/"), user, password);
    }

    long count(String table) {
        return sql().sql("select count(*) from chatkeep." + table)
                .query(Long.class)
                .single();
    }

    private static synchronized EmbeddedPostgres server() {
        if (server == null) {
            PostgresOptions options = PostgresOptions.defaults().withMaxConnections(200);
            String installed = System.getenv("CHATKEEP_TEST_POSTGRES");
            if (installed != null) {
                options = options.withInstallation(Path.of(installed));
            }
            try {
                server = EmbeddedPostgres.start(Files.createTempDirectory("chatkeep-test"), options);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
        return server;
    }

    /// Settled payments of this user, with the ids 1 to `count`.
    void insertPayments(UUID user, int count) {
        sql().sql("""
                insert into chatkeep.payment (user_id, id, status, chat_id, turn_key, model_id, price, x402_version,
                    network, asset, pay_to, amount, payer, transaction, resource, payload, requirements, is_spent,
                    created_at, verified_at, settled_at)
                select :user, lpad(n::text, 32, '0')::uuid, 'settled', 'c', 'm' || n, 'm', 0.01, 2,
                    'eip155:84532', 'a', 'p', 10000, 'w', 't' || n, 'r', '{}', '{}', true,
                    now(), now(), now()
                from generate_series(1, :count) n
                """).param("user", user).param("count", count).update();
    }
}
