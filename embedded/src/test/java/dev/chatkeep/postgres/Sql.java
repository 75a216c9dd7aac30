package dev.chatkeep.postgres;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// One statement in a connection of its own.
final class Sql {
    private Sql() {}

    /// The first column.
    static List<String> query(EmbeddedPostgres server, String sql) throws SQLException {
        return query(server.jdbcUrl(), server.password(), sql);
    }

    static List<String> query(String url, String password, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, Cluster.USER, password);
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            var values = new ArrayList<String>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        }
    }

    static void execute(EmbeddedPostgres server, String sql) throws SQLException {
        execute(server.jdbcUrl(), server.password(), sql);
    }

    static void execute(String url, String password, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, Cluster.USER, password);
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
