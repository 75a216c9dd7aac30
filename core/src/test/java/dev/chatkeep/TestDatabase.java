package dev.chatkeep;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Migrations;
import dev.chatkeep.postgres.EmbeddedPostgres;
import dev.chatkeep.postgres.PostgresOptions;
import dev.chatkeep.user.Revocations;
import dev.chatkeep.user.Sessions;
import dev.chatkeep.user.Users;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/// A migrated database of a test's own on the one PostgreSQL of this JVM: the binaries Chatkeep brings, or those
/// under `CHATKEEP_TEST_POSTGRES`, such as an installed PostgreSQL 15.
public record TestDatabase(DataSource source, DataSource unpooled) {

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static @Nullable EmbeddedPostgres server;

    public static TestDatabase create() {
        EmbeddedPostgres postgres = server();
        String name = "test_" + COUNT.incrementAndGet();
        JdbcClient.create(source(postgres, "chatkeep"))
                .sql("create database " + name)
                .update();
        DataSource unpooled = source(postgres, name);
        Migrations.migrate(unpooled);
        return new TestDatabase(pool(unpooled), unpooled);
    }

    public Database database() {
        return new Database(source);
    }

    public JdbcClient sql() {
        return JdbcClient.create(source);
    }

    public UUID newUser() {
        InstantSource clock = InstantSource.system();
        Sessions sessions = new Sessions(database(), clock, new Revocations(database(), clock));
        return new Users(database(), clock, sessions).createGuest().id();
    }

    /// A few connections, given back when they are idle: every test class has a pool until the JVM ends.
    private static DataSource pool(DataSource unpooled) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(unpooled);
        config.setMaximumPoolSize(8);
        config.setMinimumIdle(0);
        config.setIdleTimeout(10_000);
        return new HikariDataSource(config);
    }

    private static DataSource source(EmbeddedPostgres postgres, String name) {
        return new DriverManagerDataSource(
                "jdbc:postgresql://127.0.0.1:" + postgres.port() + "/" + name, postgres.user(), postgres.password());
    }

    private static synchronized EmbeddedPostgres server() {
        if (server == null) {
            PostgresOptions options = PostgresOptions.defaults();
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
}
