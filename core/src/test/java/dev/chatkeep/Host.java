package dev.chatkeep;

import jakarta.persistence.EntityManagerFactory;
import javax.sql.DataSource;
import org.hibernate.jpa.HibernatePersistenceConfiguration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.vendor.HibernateJpaDialect;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/// An application that has a table of its own in the database, and its transactions around what it asks of Chatkeep.
public record Host(String name, PlatformTransactionManager manager, DataSource source) {

    public static Host jdbc(DataSource source) {
        return of("JDBC", new JdbcTransactionManager(source), source);
    }

    /// With Hibernate, which does not look whether a connection commits by itself if `hasAutoCommit` is false.
    public static Host jpa(DataSource source, boolean hasAutoCommit) {
        EntityManagerFactory entities = new HibernatePersistenceConfiguration("host")
                .property("jakarta.persistence.nonJtaDataSource", source)
                .property("hibernate.connection.provider_disables_autocommit", !hasAutoCommit)
                .createEntityManagerFactory();
        var manager = new JpaTransactionManager(entities);
        manager.setJpaDialect(new HibernateJpaDialect());
        manager.setDataSource(source);
        manager.afterPropertiesSet();
        return of("JPA", manager, source);
    }

    private static Host of(String name, PlatformTransactionManager manager, DataSource source) {
        Host host = new Host(name, manager, source);
        host.transaction()
                .executeWithoutResult(status -> host.sql()
                        .sql("create table if not exists public.note (text text)")
                        .update());
        return host;
    }

    public TransactionTemplate transaction() {
        return new TransactionTemplate(manager);
    }

    public TransactionTemplate transaction(int propagation) {
        TransactionTemplate template = transaction();
        template.setPropagationBehavior(propagation);
        return template;
    }

    public TransactionTemplate nested() {
        return transaction(TransactionDefinition.PROPAGATION_NESTED);
    }

    public JdbcClient sql() {
        return JdbcClient.create(source);
    }

    /// Writes to the application's own table.
    public void note(String text) {
        sql().sql("insert into public.note (text) values (:text)")
                .param("text", text)
                .update();
    }

    /// How many such rows its own table has.
    public long notes(String text) {
        return sql().sql("select count(*) from public.note where text = :text")
                .param("text", text)
                .query(Long.class)
                .single();
    }

    @Override
    public String toString() {
        return name;
    }
}
