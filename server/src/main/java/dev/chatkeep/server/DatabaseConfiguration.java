package dev.chatkeep.server;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.chatkeep.Chatkeep;
import dev.chatkeep.Chatkeep.Options;
import dev.chatkeep.postgres.EmbeddedPostgres;
import dev.chatkeep.postgres.PostgresOptions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Properties;
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
        if (own == null) {
            pool.setJdbcUrl(settings.database().url());
            pool.setUsername(settings.database().user());
            pool.setPassword(settings.database().password());
            pool.setDataSourceProperties(driver());
            // Where other nodes may be, one more is kept to hear them.
            pool.setMaximumPoolSize(settings.database().connections() + 1);
        } else {
            pool.setDataSource(own.dataSource(driver()));
            pool.setMaximumPoolSize(settings.database().connections());
        }
        pool.setConnectionTimeout(POOL_PATIENCE.toMillis());
        pool.setPoolName("chatkeep");
        return new HikariDataSource(pool);
    }

    private static Properties driver() {
        Properties driver = new Properties();
        // A statement or a lock that takes this long will not become useful; the socket's limit stands behind both.
        // One plan for all users: left to itself PostgreSQL plans some lists anew each time, for twice the cost. That
        // plan has to be the one in the index's order, which is as good for a large account; with the price that
        // PostgreSQL puts on a disk of old, sorting all of a middling account looks no dearer.
        driver.setProperty(
                "options",
                "-c statement_timeout=15s -c lock_timeout=5s -c plan_cache_mode=force_generic_plan"
                        + " -c random_page_cost=1.1");
        // The detail of an error may be a whole row, with what its user said: nothing for a log.
        driver.setProperty("logServerErrorDetail", "false");
        driver.setProperty("connectTimeout", "2");
        driver.setProperty("socketTimeout", "20");
        driver.setProperty("tcpKeepAlive", "true");
        driver.setProperty("ApplicationName", "chatkeep");
        return driver;
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
