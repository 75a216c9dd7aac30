package dev.chatkeep.db;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/// Brings the schema `chatkeep` up to date. It has its own history table, so a host application's Flyway and tables
/// stay untouched.
public final class Migrations {

    private Migrations() {}

    /// Applies what is missing; safe to call from several nodes at once.
    public static void migrate(DataSource source) {
        Flyway.configure(Migrations.class.getClassLoader())
                .dataSource(source)
                .schemas("chatkeep")
                .table("schema_history")
                .locations("classpath:dev/chatkeep/db/migration")
                .load()
                .migrate();
    }
}
