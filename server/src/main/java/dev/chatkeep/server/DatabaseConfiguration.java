package dev.chatkeep.server;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.chatkeep.Chatkeep;
import dev.chatkeep.Chatkeep.Options;
import dev.chatkeep.postgres.EmbeddedPostgres;
import dev.chatkeep.postgres.PostgresOptions;
import java.time.Duration;
import java.time.InstantSource;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/// The database: the operator's, or one of our own inside this process.
@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {

    private static final Duration POOL_PATIENCE = Duration.ofSeconds(5);

    @Bean
    @Conditional(OnEmbeddedDatabase.class)
    EmbeddedPostgres embeddedPostgres(Settings settings) {
        return EmbeddedPostgres.start(
                settings.dataDir(), PostgresOptions.defaults().withProgress(Console::line));
    }

    @Bean
    HikariDataSource dataSource(Settings settings, ObjectProvider<EmbeddedPostgres> embedded) {
        HikariConfig pool = new HikariConfig();
        EmbeddedPostgres own = embedded.getIfAvailable();
        pool.setJdbcUrl(own != null ? own.jdbcUrl() : settings.database().url());
        pool.setUsername(own != null ? own.user() : settings.database().user());
        pool.setPassword(own != null ? own.password() : settings.database().password());
        // Where other nodes may be, one more is kept to hear them.
        pool.setMaximumPoolSize(settings.database().connections() + (own == null ? 1 : 0));
        pool.setConnectionTimeout(POOL_PATIENCE.toMillis());
        pool.setPoolName("chatkeep");
        // A statement or a lock that takes this long will not become useful; the socket's limit stands behind both.
        // One plan for all users: left to itself PostgreSQL plans some lists anew each time, for twice the cost. That
        // plan has to be the one in the index's order, which is as good for a large account; with the price that
        // PostgreSQL puts on a disk of old, sorting all of a middling account looks no dearer.
        pool.addDataSourceProperty(
                "options",
                "-c statement_timeout=15s -c lock_timeout=5s -c plan_cache_mode=force_generic_plan"
                        + " -c random_page_cost=1.1");
        // The detail of an error may be a whole row, with what its user said: nothing for a log.
        pool.addDataSourceProperty("logServerErrorDetail", "false");
        pool.addDataSourceProperty("connectTimeout", "2");
        pool.addDataSourceProperty("socketTimeout", "20");
        pool.addDataSourceProperty("tcpKeepAlive", "true");
        pool.addDataSourceProperty("ApplicationName", "chatkeep");
        return new HikariDataSource(pool);
    }

    @Bean
    @ConditionalOnMissingBean
    InstantSource clock() {
        return InstantSource.system();
    }

    @Bean
    Chatkeep chatkeep(DataSource source, InstantSource clock, Settings settings) {
        return Chatkeep.open(source, options(clock, settings));
    }

    private static Options options(InstantSource clock, Settings settings) {
        try {
            return new Options(
                    clock,
                    settings.database().isEmbedded(),
                    settings.trash().kept(),
                    settings.freeMessages().checked(),
                    settings.limits().answer().toBytes());
        } catch (IllegalArgumentException wrong) {
            throw new SettingsException("chatkeep.limits.answer: " + wrong.getMessage(), wrong);
        }
    }
}
